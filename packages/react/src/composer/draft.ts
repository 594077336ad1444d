import { keptAs } from "@chinwag/client/browser";

/** Key of the unsent text of a room in this browser's storage. */
const key = (me: string, topic: string): string => `${keptAs("chinwag:draft")}:${me}:${topic}`;

export const loadDraft = (me: string, topic: string): string => localStorage.getItem(key(me, topic)) ?? "";

export const saveDraft = (me: string, topic: string, text: string): void => {
  if (text === "") localStorage.removeItem(key(me, topic));
  else localStorage.setItem(key(me, topic), text);
};

/** Deletes the drafts on sign-out, so that the next user of this browser does not see them. */
export const forgetDrafts = (me: string): void => {
  for (const kept of Object.keys(localStorage)) {
    if (kept.startsWith(key(me, ""))) localStorage.removeItem(kept);
  }
};
