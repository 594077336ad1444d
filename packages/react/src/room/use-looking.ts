import { useSyncExternalStore } from "react";
import { useEmbedded } from "../embedded.ts";
import { isCovered, onLayersChange } from "../ui/layers.ts";

const EVENTS = ["focus", "blur"] as const;

const subscribe = (listener: () => void): (() => void) => {
  for (const name of EVENTS) addEventListener(name, listener);
  document.addEventListener("visibilitychange", listener);
  const noLonger = onLayersChange(listener);
  return () => {
    noLonger();
    for (const name of EVENTS) removeEventListener(name, listener);
    document.removeEventListener("visibilitychange", listener);
  };
};

/** Whether it is so right now. */
export const isLooking = (): boolean =>
  document.visibilityState === "visible" && document.hasFocus() && !isCovered();

/** Whether this window is visible and focused, and nothing covers the room. Only then do messages count as read. */
export const useLooking = (): boolean => {
  const onScreen = useEmbedded()?.onScreen ?? true;
  return useSyncExternalStore(subscribe, isLooking) && onScreen;
};
