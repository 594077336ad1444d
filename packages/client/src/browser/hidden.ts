/**
 * Calls `listener` when the page is hidden or left: on phones, a hidden page may end without another event. Returns the
 * function that stops it.
 */
export const onHidden = (listener: () => void): (() => void) => {
  const stop = new AbortController();
  const options = { signal: stop.signal };
  addEventListener("pagehide", listener, options);
  document.addEventListener(
    "visibilitychange",
    () => document.visibilityState === "hidden" && listener(),
    options,
  );
  return () => stop.abort();
};
