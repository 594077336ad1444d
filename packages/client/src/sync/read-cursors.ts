import type { Outcome } from "../connection/outcome.ts";
import type { Store } from "../state/store.ts";

interface Dependencies {
  readonly store: Store;
  isUp(): boolean;
  /** Tells the server. */
  publish(topic: string, seq: number): Promise<Outcome>;
}

/** Minimum time between two publishes of read cursors, in milliseconds, so that scrolling does not publish each step. */
const TELL_EVERY = 1_000;

/** How far I have read, here; the server is told, now or with the next connection. */
export class ReadCursors {
  readonly #dependencies: Dependencies;
  /** Cursors that the server may not know. */
  readonly #unsent = new Map<string, number>();
  /** Of each view, its room, and whether the room's newest messages are on screen. */
  readonly #watched = new Map<object, { readonly topic: string; readonly isInSight: () => boolean }>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  read(topic: string, seq: number): void {
    const { store } = this.#dependencies;
    const { me, rooms } = store.state;
    if (seq <= (rooms.get(topic)?.room.read_seq ?? seq)) return;
    store.dispatch({ type: "read", topic, name: me.name, seq });
    this.#unsent.set(topic, seq);
    if (this.#timer === undefined) this.tell();
  }

  /** My cursor in a room, if the server may not know it. */
  unsent(topic: string): number | undefined {
    return this.#unsent.get(topic);
  }

  /** A cursor that an earlier page could not tell the server. */
  restore(topic: string, seq: number): void {
    this.#unsent.set(topic, seq);
  }

  /**
   * Counts what arrives in a room as read at once, while `isInSight` says that its newest messages are on screen: it is
   * never shown as unread. Returns the function that ends it.
   */
  watch(topic: string, isInSight: () => boolean): () => void {
    const view = {};
    this.#watched.set(view, { topic, isInSight });
    return () => this.#watched.delete(view);
  }

  /** Reads what has arrived in sight. */
  readInSight(): void {
    const { rooms } = this.#dependencies.store.state;
    for (const { topic, isInSight } of this.#watched.values()) {
      const held = rooms.get(topic);
      if (held && isInSight()) this.read(topic, held.room.last_seq);
    }
  }

  /** Tells the server without waiting for the interval: the page may be gone by then. */
  tellNow = (): void => {
    clearTimeout(this.#timer);
    this.tell();
  };

  /** Tells the server; what is read meanwhile waits for the next interval or connection. */
  tell = (): void => {
    this.#timer = undefined;
    const { isUp, publish } = this.#dependencies;
    if (this.#unsent.size === 0 || !isUp()) return;
    this.#timer = setTimeout(this.tell, TELL_EVERY);
    for (const [topic, seq] of this.#unsent) {
      void publish(topic, seq).then(({ is }) => {
        if (is !== "lost" && this.#unsent.get(topic) === seq) this.#unsent.delete(topic);
      });
    }
  };
}
