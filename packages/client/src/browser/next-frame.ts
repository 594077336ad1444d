import type { Ports } from "../ports.ts";

/**
 * Milliseconds between two times that something is drawn, while many messages arrive. Nobody can tell whether those come
 * one by one, but each time costs as much as several messages together.
 */
const APART = 200;
/** How often something is drawn at once before that: the messages of a conversation do not wait. */
const AT_ONCE = 5;

/** The time from which on something is drawn at once, if nothing was before. */
let due = Number.NEGATIVE_INFINITY;

/** A hidden page has no frames. */
export const nextFrame: Ports["nextFrame"] = (work) => {
  if (document.visibilityState !== "visible") return queueMicrotask(work);
  const wait = due - (AT_ONCE - 1) * APART - performance.now();
  // The page may be hidden by then.
  if (wait > 0) return void setTimeout(() => nextFrame(work), wait);
  requestAnimationFrame((now) => {
    due = Math.max(due, now) + APART;
    work();
  });
};
