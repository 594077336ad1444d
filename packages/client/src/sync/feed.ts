import type { Event } from "@chinwag/protocol";
import { EVENTS_MAX } from "@chinwag/protocol";
import type { Api } from "../api/http.ts";
import type { Store } from "../state/store.ts";

type Listener = (event: Event) => void;

interface Dependencies {
  readonly store: Store;
  readonly api: Pick<Api, "events">;
  /** Handles an error of a request, for example because I am signed out. */
  failed(error: unknown): void;
}

/** How far a room's log has been passed on. */
interface Position {
  /** The log's history, once the room's information is known: after a restored backup it is another one. */
  epoch: string | undefined;
  /** Every event up to this seq has been passed on, or came before the feed began. */
  seq: number;
  /** The highest known seq. */
  head: number;
  /** The head at which the server had no more events: it is asked again when there are later ones. */
  lacking: number;
  /** Whether an event has been passed on. */
  begun: boolean;
  /** Whether events are being fetched. */
  fetching: boolean;
}

/** Milliseconds after which a failed request is repeated. */
const AGAIN = 2_000;

const startAfter = (seq: number, epoch?: string): Position => ({
  epoch,
  seq,
  head: seq,
  lacking: seq,
  begun: false,
  fetching: false,
});

/**
 * Passes the events of my rooms on to listeners, each once and in the order of its room's log. What is missed during an
 * interruption is fetched.
 */
export class Feed {
  readonly #dependencies: Dependencies;
  readonly #positions = new Map<string, Position>();
  readonly #listeners = new Set<Listener>();
  #unsubscribe: (() => void) | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  get #isUsed(): boolean {
    return this.#listeners.size > 0;
  }

  /** Begins with what happens from now on; returns the function that ends it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (!this.#unsubscribe) {
      this.#unsubscribe = this.#dependencies.store.state.rooms.subscribeAll(this.check);
      this.check();
    }
    return () => {
      this.#listeners.delete(listener);
      if (!this.#isUsed) this.stop();
    };
  }

  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#stopWaiting();
    this.#listeners.clear();
    this.#positions.clear();
  }

  #stopWaiting(): void {
    clearTimeout(this.#again);
    this.#again = undefined;
  }

  /** Handles an event that arrives. */
  arrived(event: Event): void {
    const { topic, seq } = event;
    if (!this.#isUsed) return;
    const position = this.#positions.get(topic) ?? startAfter(seq - 1);
    this.#positions.set(topic, position);
    // The room's information told of this event before it arrived here.
    if (!position.begun && seq <= position.seq) position.seq = seq - 1;
    position.head = Math.max(position.head, seq);
    if (seq === position.seq + 1) this.#pass(position, event);
    else if (seq > position.seq) this.#fill(topic, position);
  }

  /** Fetches what is missing, as far as the state knows of it, and what an earlier request failed to bring. */
  check = (): void => {
    if (!this.#isUsed) return;
    this.#stopWaiting();
    const { rooms } = this.#dependencies.store.state;
    for (const [topic, { room, head }] of rooms.entries()) {
      const position = this.#positions.get(topic);
      if (!position || (position.epoch ?? room.epoch) !== room.epoch) {
        this.#positions.set(topic, startAfter(head, room.epoch));
        continue;
      }
      position.epoch = room.epoch;
      position.head = Math.max(position.head, head);
      if (position.head > position.seq) this.#fill(topic, position);
    }
    // Of rooms that I have left; those without an epoch are not known yet.
    for (const [topic, { epoch }] of this.#positions)
      if (epoch !== undefined && !rooms.has(topic)) this.#positions.delete(topic);
  };

  #pass(position: Position, event: Event): void {
    position.seq = event.seq;
    position.begun = true;
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // It is the program's own, and keeps nothing from the other listeners.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  #fill(topic: string, position: Position): void {
    if (position.fetching || position.head === position.lacking) return;
    position.fetching = true;
    this.#fetch(topic, position)
      .catch((error: unknown) => {
        this.#dependencies.failed(error);
        if (this.#isUsed) this.#again ??= setTimeout(this.check, AGAIN);
      })
      .finally(() => {
        position.fetching = false;
      });
  }

  async #fetch(topic: string, position: Position): Promise<void> {
    while (position.head > position.seq) {
      const after = position.seq;
      const answer = await this.#dependencies.api.events(topic, { after, limit: EVENTS_MAX });
      if (this.#positions.get(topic) !== position) return;
      if (answer.reset || answer.epoch !== (position.epoch ?? answer.epoch)) {
        // Too far behind, or the log is another one: it goes on from its end.
        this.#positions.set(topic, startAfter(answer.last_seq, answer.epoch));
        return;
      }
      for (const event of answer.events) if (event.seq === position.seq + 1) this.#pass(position, event);
      if (position.seq === after) {
        position.lacking = position.head;
        return;
      }
    }
  }
}
