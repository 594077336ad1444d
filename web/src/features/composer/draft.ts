import { keptAs } from "../../client/address";

/** What was begun in a room and not sent, kept in this browser. */
const key = (me: string, topic: string): string => `${keptAs("chinwag:draft")}:${me}:${topic}`;

export const loadDraft = (me: string, topic: string): string => localStorage.getItem(key(me, topic)) ?? "";

export const saveDraft = (me: string, topic: string, text: string): void => {
  if (text === "") localStorage.removeItem(key(me, topic));
  else localStorage.setItem(key(me, topic), text);
};

/** On signing out: the next person at this browser need not know. */
export const forgetDrafts = (me: string): void => {
  for (const kept of Object.keys(localStorage)) {
    if (kept.startsWith(key(me, ""))) localStorage.removeItem(kept);
  }
};
