import type { Ports } from "../ports.ts";
import type { OutboxEntry } from "../state/model.ts";
import type { Keeper } from "./keeper.ts";
import type { OutboxState } from "./outbox-state.ts";

interface Parts {
  readonly lock: Ports["lock"];
  readonly outbox: OutboxState;
  readonly keeper: Keeper;
  /** Called when an entry has become this tab's. */
  owned(): void;
}

/** Which entries this tab delivers: it holds a lock for each, named after its `msg_id`. */
export class Ownership {
  readonly #parts: Parts;
  /** The entries of this tab, each with the function that releases its lock. */
  readonly #mine = new Map<string, () => void>();
  #isStopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  has(msg_id: string): boolean {
    return this.#mine.has(msg_id);
  }

  ids(): readonly string[] {
    return [...this.#mine.keys()];
  }

  /** Leaves everything to other tabs. */
  stop(): void {
    this.#isStopped = true;
    for (const release of this.#mine.values()) release();
    this.#mine.clear();
  }

  /** Makes an entry that was written or retried in this tab its own. */
  claim(msg_id: string): void {
    this.#parts.lock(`chinwag:${msg_id}`, () => this.#hold(msg_id));
  }

  /**
   * Waits until the tab that delivers the entry is finished or closed, then continues with what is left to do. Resolves
   * when the entry is this tab's, or done.
   */
  adopt(msg_id: string): Promise<void> {
    const { outbox, lock, keeper } = this.#parts;
    return new Promise((resolve) => {
      lock(`chinwag:${msg_id}`, async () => {
        const left = await keeper.get(msg_id).catch(() => this.#entry(msg_id));
        const done = left?.status === "pending" ? this.#hold(msg_id) : undefined;
        resolve();
        if (done) return done;
        if (!left) return outbox.dispatch({ type: "dropped", msg_id });
        const { status, problem } = left;
        outbox.dispatch({ type: "status", msg_id, status, ...(problem && { problem }) });
      });
    });
  }

  /** Leaves an entry to other tabs once its outcome is `written`, so that they can read it. */
  release(msg_id: string, written: Promise<void>): void {
    const release = this.#mine.get(msg_id);
    this.#mine.delete(msg_id);
    if (release) void written.then(release);
  }

  #entry(msg_id: string): OutboxEntry | undefined {
    return this.#parts.outbox.entries().find((entry) => entry.msg_id === msg_id);
  }

  /** Holds the lock until the entry is released. */
  #hold(msg_id: string): Promise<void> {
    return new Promise((release) => {
      if (this.#isStopped || !this.#entry(msg_id)) return release();
      this.#mine.set(msg_id, release);
      this.#parts.owned();
    });
  }
}
