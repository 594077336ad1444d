import type { Signal } from "../ports.ts";

/** The browser's events that say something about the network or the page. */
export const signals = (listener: (signal: Signal) => void): (() => void) => {
  const stop = new AbortController();
  const options = { signal: stop.signal };
  addEventListener("online", () => listener("online"), options);
  addEventListener("offline", () => listener("offline"), options);
  addEventListener("pageshow", ({ persisted }) => persisted && listener("shown"), options);
  document.addEventListener(
    "visibilitychange",
    () => document.visibilityState === "visible" && listener("visible"),
    options,
  );
  return () => stop.abort();
};
