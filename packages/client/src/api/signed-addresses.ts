import type { View } from "../views/view.ts";

/** The most ids in one request. */
const AT_ONCE = 100;
/** Milliseconds for which an address is used: the server signs for an hour at least, by a clock that may not be ours. */
const USED_FOR = 50 * 60_000;
/** Milliseconds until the next try, if the server did not answer. */
const TRY_AGAIN = 5_000;
/** Addresses that are kept for views that come back. */
const KEPT = 1_000;

interface Signed {
  readonly url: string;
  /** When it was signed, by our clock. */
  readonly at: number;
}

interface Options {
  /** Asks the server for addresses; those of uploads that may not be read are missing. */
  sign(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The address for an upload that the server does not sign for. */
  plain(id: string): string;
  readonly now: () => number;
}

/**
 * Signed addresses of uploads, for elements that send no token. One is asked for when a view subscribes to it, together
 * with the others of the same moment, and anew before it expires.
 */
export class SignedAddresses {
  readonly #options: Options;
  readonly #held = new Map<string, Signed>();
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #wanted = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;
  #isStopped = false;

  constructor(options: Options) {
    this.#options = options;
  }

  /** The address of an upload; undefined until it is signed. */
  view(id: string): View<string | undefined> {
    return {
      getSnapshot: () => this.#held.get(id)?.url,
      subscribe: (listener) => this.#subscribe(id, listener),
    };
  }

  /** Asks anew for all that is shown: addresses end with the token that they were signed for. */
  renew(): void {
    this.#held.clear();
    this.#want(this.#listeners.keys());
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #subscribe(id: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    if (!this.#isFresh(id)) this.#want([id]);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id);
    };
  }

  #isFresh(id: string): boolean {
    const held = this.#held.get(id);
    return held !== undefined && this.#options.now() - held.at < USED_FOR;
  }

  #want(ids: Iterable<string>): void {
    for (const id of ids) this.#wanted.add(id);
    if (this.#isAsking || this.#isStopped || this.#wanted.size === 0) return;
    this.#isAsking = true;
    clearTimeout(this.#timer);
    // Whatever is drawn at the same time is asked for together.
    queueMicrotask(() => void this.#ask());
  }

  async #ask(): Promise<void> {
    let pause = USED_FOR;
    while (this.#wanted.size > 0 && !this.#isStopped) {
      const ids = [...this.#wanted].slice(0, AT_ONCE);
      for (const id of ids) this.#wanted.delete(id);
      try {
        this.#take(ids, await this.#options.sign(ids));
      } catch {
        pause = TRY_AGAIN;
      }
    }
    this.#isAsking = false;
    if (!this.#isStopped) this.#timer = setTimeout(this.#askAgain, pause);
  }

  /** Asks for what is shown and old, or could not be had. */
  #askAgain = (): void => this.#want([...this.#listeners.keys()].filter((id) => !this.#isFresh(id)));

  #take(ids: readonly string[], signed: ReadonlyMap<string, string>): void {
    const at = this.#options.now();
    for (const id of ids) {
      this.#held.delete(id);
      this.#held.set(id, { url: signed.get(id) ?? this.#options.plain(id), at });
    }
    for (const id of this.#held.keys()) {
      if (this.#held.size <= KEPT) break;
      if (!this.#listeners.has(id)) this.#held.delete(id);
    }
    for (const id of ids) for (const listener of this.#listeners.get(id) ?? []) listener();
  }
}
