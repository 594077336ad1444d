import { useSyncExternalStore } from "react";
import { dayOf, untilMidnight } from "./time.ts";

/** Longest timeout: a clock that is set, or a computer that slept, is noticed within this time. */
const LONGEST = 60_000;

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;
let today = dayOf(new Date());

const look = (): void => {
  const now = dayOf(new Date());
  if (now !== today) {
    today = now;
    for (const listener of listeners) listener();
  }
  timer = setTimeout(look, Math.min(LONGEST, untilMidnight() + 50));
};

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  if (timer === undefined) look();
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearTimeout(timer);
    timer = undefined;
  };
};

/** The current day, so that what says "Today" is drawn again at midnight. */
export const useToday = (): string => useSyncExternalStore(subscribe, () => today);
