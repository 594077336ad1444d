import type { Chat } from "@chinwag/client";
import { keptAs } from "@chinwag/client/browser";

/** Milliseconds after the last change until drafts are stored: storing each key press would slow typing. */
const STORE_AFTER = 400;

/** Key of the unsent texts of a person in this browser's storage. */
const key = (me: string): string => `${keptAs("chinwag:drafts")}:${me}`;

/** Restores the texts that were being written, and stores them from now on; returns the function that ends it. */
export const keepDrafts = ({ store: { state } }: Chat): (() => void) => {
  const me = state.me.name;
  for (const [topic, text] of stored(me)) state.drafts.set(topic, { text, files: [], reading: 0 });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const store = () => {
    clearTimeout(timer);
    timer = undefined;
    const texts = [...state.drafts.entries()].map(([topic, { text }]) => [topic, text]);
    try {
      if (texts.length === 0) localStorage.removeItem(key(me));
      else localStorage.setItem(key(me), JSON.stringify(texts.filter(([, text]) => text !== "")));
    } catch {
      // The storage is full or forbidden: the drafts last as long as the page.
    }
  };
  const stop = state.drafts.subscribeAll(() => {
    timer ??= setTimeout(store, STORE_AFTER);
  });
  addEventListener("pagehide", store);
  return () => {
    stop();
    if (timer !== undefined) store();
    removeEventListener("pagehide", store);
  };
};

const stored = (me: string): [string, string][] => {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key(me)) ?? "[]");
    return Array.isArray(found) ? found.filter(isDraft) : [];
  } catch {
    return [];
  }
};

const isDraft = (value: unknown): value is [string, string] =>
  Array.isArray(value) && value.length === 2 && value.every((each) => typeof each === "string");

/** Deletes the drafts on sign-out, so that the next user of this browser does not see them. */
export const forgetDrafts = (me: string): void => localStorage.removeItem(key(me));
