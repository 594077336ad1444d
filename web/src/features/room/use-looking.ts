import { useSyncExternalStore } from "react";

const EVENTS = ["focus", "blur"] as const;

const subscribe = (listener: () => void): (() => void) => {
  for (const name of EVENTS) addEventListener(name, listener);
  document.addEventListener("visibilitychange", listener);
  return () => {
    for (const name of EVENTS) removeEventListener(name, listener);
    document.removeEventListener("visibilitychange", listener);
  };
};

const isLooking = (): boolean => document.visibilityState === "visible" && document.hasFocus();

/** Is somebody in front of this window? Only then is anything read. */
export const useLooking = (): boolean => useSyncExternalStore(subscribe, isLooking);
