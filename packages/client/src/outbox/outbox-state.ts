import type { OutboxEntry, State } from "../state/model.ts";
import type { Action, OutboxAction } from "../state/reducer.ts";
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

export const outboxState = (store: Store<State, Action>): OutboxState => ({
  me: store.get().me.name,
  entries: () => store.get().outbox,
  isGone: (topic) => store.get().ready && !Object.hasOwn(store.get().rooms, topic),
  dispatch: store.dispatch,
  subscribe: store.subscribe,
});
