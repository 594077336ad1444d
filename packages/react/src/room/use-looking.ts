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

/** Whether this window is visible and focused. Only then do messages count as read. */
export const useLooking = (): boolean => useSyncExternalStore(subscribe, isLooking);
