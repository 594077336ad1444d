import type { OutboxEntry } from "../state/model.ts";
import type { OutboxAction } from "../state/outbox.ts";
import type { Store } from "../state/store.ts";

/** The outbox in the client's state, as the sender needs it. */
export interface OutboxState {
  /** My name. */
  readonly me: string;
  entries(): readonly OutboxEntry[];
  /** Whether it is certain that I am not in this room. */
  isGone(topic: string): boolean;
  dispatch(action: OutboxAction): void;
  /** Calls `listener` after changes; returns the function that stops it. */
  subscribe(listener: () => void): () => void;
}

export const outboxState = ({ state, dispatch }: Store): OutboxState => ({
  me: state.me.name,
  entries: () => state.outbox.get(),
  isGone: (topic) => state.session.get().ready && !state.rooms.has(topic),
  dispatch,
  subscribe: state.outbox.subscribe,
});
