import { useSyncExternalStore } from "react";

const query = (): MediaQueryList => matchMedia("(prefers-reduced-motion: reduce)");

const subscribe = (listener: () => void) => {
  const media = query();
  media.addEventListener("change", listener);
  return () => media.removeEventListener("change", listener);
};

/** Whether the person wants things on the screen to stand still. */
export const useReducedMotion = (): boolean =>
  useSyncExternalStore(
    subscribe,
    () => query().matches,
    () => false,
  );
