type Listener = () => void;

/** Collects changes and tells listeners about them once, when the outermost batch ends. */
export class Changes {
  readonly #waiting = new Set<Listener>();
  #depth = 0;

  /** Runs `work`; whatever it changes is told once, after it. */
  batch<T>(work: () => T): T {
    this.#depth += 1;
    try {
      return work();
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.#tell();
    }
  }

  note(listeners: Iterable<Listener> | undefined): void {
    if (listeners) for (const listener of listeners) this.#waiting.add(listener);
    if (this.#depth === 0) this.#tell();
  }

  #tell(): void {
    const errors: unknown[] = [];
    // What a listener changes is told in the next round.
    while (this.#waiting.size > 0) {
      const round = [...this.#waiting];
      this.#waiting.clear();
      this.#depth += 1;
      for (const listener of round) {
        try {
          listener();
        } catch (error) {
          errors.push(error);
        }
      }
      this.#depth -= 1;
    }
    // One listener's error does not keep the change from the others.
    if (errors.length > 0) throw errors[0];
  }
}

/** An observable value. Values are immutable: a change is another value. */
export class Cell<T> {
  readonly #changes: Changes;
  readonly #listeners = new Set<Listener>();
  #value: T;

  constructor(changes: Changes, value: T) {
    this.#changes = changes;
    this.#value = value;
  }

  get = (): T => this.#value;

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.#changes.note(this.#listeners);
  }

  /** Calls `listener` after changes; returns the function that unsubscribes it. */
  subscribe = (listener: Listener): Listener => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

/**
 * An observable map from names, which other people choose, to immutable values. Listeners of one key hear nothing of the
 * others, so what a change costs does not depend on the size of the map.
 */
export class Table<V> {
  readonly #changes: Changes;
  readonly #values = new Map<string, V>();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #keyListeners = new Set<Listener>();
  readonly #allListeners = new Set<Listener>();
  #version = 0;

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  get size(): number {
    return this.#values.size;
  }

  /** Grows with every change. */
  version = (): number => this.#version;

  keys(): IterableIterator<string> {
    return this.#values.keys();
  }

  values(): IterableIterator<V> {
    return this.#values.values();
  }

  entries(): IterableIterator<[string, V]> {
    return this.#values.entries();
  }

  set(key: string, value: V): void {
    const isNew = !this.#values.has(key);
    if (!isNew && Object.is(this.#values.get(key), value)) return;
    this.#values.set(key, value);
    this.#changed(key, isNew);
  }

  delete(key: string): void {
    if (this.#values.delete(key)) this.#changed(key, true);
  }

  /** Makes these the only entries. */
  replace(entries: ReadonlyMap<string, V>): void {
    this.#changes.batch(() => {
      for (const key of [...this.#values.keys()]) if (!entries.has(key)) this.delete(key);
      for (const [key, value] of entries) this.set(key, value);
    });
  }

  /** Calls `listener` after changes of one entry. */
  subscribe(key: string, listener: Listener): Listener {
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(key) === listeners) this.#listeners.delete(key);
    };
  }

  /** Calls `listener` after entries were added or removed. */
  subscribeKeys(listener: Listener): Listener {
    this.#keyListeners.add(listener);
    return () => this.#keyListeners.delete(listener);
  }

  /** Calls `listener` after any change. */
  subscribeAll(listener: Listener): Listener {
    this.#allListeners.add(listener);
    return () => this.#allListeners.delete(listener);
  }

  #changed(key: string, keys: boolean): void {
    this.#version += 1;
    this.#changes.batch(() => {
      this.#changes.note(this.#listeners.get(key));
      this.#changes.note(this.#allListeners);
      if (keys) this.#changes.note(this.#keyListeners);
    });
  }
}
