import type { Ports } from "../ports.ts";

/**
 * Milliseconds between two times that something is drawn, at least. The first of many messages is drawn at once. Nobody
 * can tell whether the next ones come one by one, but each time costs as much as several messages together.
 */
const APART = 200;

let last = Number.NEGATIVE_INFINITY;

/** A hidden page has no frames. If the page is hidden, or becomes so before the frame comes, the work is done at once. */
export const nextFrame: Ports["nextFrame"] = (work) => {
  if (document.visibilityState !== "visible") return queueMicrotask(work);
  const wait = last + APART - performance.now();
  // The page may be hidden by then.
  if (wait > 0) return void setTimeout(() => nextFrame(work), wait);
  const run = () => {
    cancelAnimationFrame(frame);
    document.removeEventListener("visibilitychange", run);
    last = performance.now();
    work();
  };
  const frame = requestAnimationFrame(run);
  document.addEventListener("visibilitychange", run);
};
