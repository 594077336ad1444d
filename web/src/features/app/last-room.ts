import { keptAs } from "@chinwag/client/browser";

/** The room that was open last in this browser, which opens with the next visit. */
const KEY = keptAs("chinwag:last-room");

export const loadLastRoom = (): string | null => localStorage.getItem(KEY);

export const saveLastRoom = (topic: string): void => localStorage.setItem(KEY, topic);

/** Forgets it at sign-out: it may be a direct conversation. */
export const forgetLastRoom = (): void => localStorage.removeItem(KEY);
