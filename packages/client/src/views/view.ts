/** What a view draws: a snapshot that is another object only when it changed, and how to hear of changes. */
export interface View<T> {
  getSnapshot(): T;
  /** Returns the function that unsubscribes the listener. */
  subscribe(listener: () => void): () => void;
}

/**
 * A view that is computed from observable values: at most once for each change of them, and only when somebody asks. While
 * nobody has subscribed, every snapshot is computed anew.
 */
export const derived = <T>(
  observe: (listener: () => void) => () => void,
  compute: () => T,
  isSame: (one: T, other: T) => boolean,
): View<T> => {
  const listeners = new Set<() => void>();
  let stop: (() => void) | undefined;
  let held: T | undefined;
  let isStale = true;

  const getSnapshot = (): T => {
    if (held !== undefined && !isStale) return held;
    const next = compute();
    if (held === undefined || !isSame(held, next)) held = next;
    // Without a subscription nobody says when it becomes stale.
    isStale = stop === undefined;
    return held;
  };

  const changed = () => {
    isStale = true;
    const before = held;
    if (getSnapshot() !== before) for (const listener of listeners) listener();
  };

  return {
    getSnapshot,
    subscribe: (listener) => {
      listeners.add(listener);
      if (!stop) {
        stop = observe(changed);
        isStale = true;
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        stop?.();
        stop = undefined;
        isStale = true;
      };
    },
  };
};

/** Whether two objects, or two lists, have the same values. */
export const isShallowlySame = <T extends object>(one: T | undefined, other: T | undefined): boolean => {
  if (!one || !other) return one === other;
  const keys = Object.keys(one) as (keyof T)[];
  return keys.length === Object.keys(other).length && keys.every((key) => Object.is(one[key], other[key]));
};
