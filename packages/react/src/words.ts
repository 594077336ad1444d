import type { Failure, FailureCode, Notice, SignedOut } from "@chinwag/client";
import { failureOf } from "@chinwag/client";

/** Turns the server's explanation, which is part of a sentence, into a whole sentence. */
const sentence = (words: string): string => {
  const [first = "", ...rest] = words;
  return `${first.toUpperCase()}${rest.join("")}${/[.!?…]$/.test(words) ? "" : "."}`;
};

/** Words for failures without the server's explanation: the client's own, and answers of a proxy. */
const WORDS: Partial<Record<FailureCode, string>> = {
  unreachable: "The server can’t be reached right now. Try again in a moment.",
  no_connection: "There is no connection right now. Try again in a moment.",
  not_authenticated: "You’re not signed in any more.",
  not_authorized: "You’re not allowed to do that.",
  not_found: "It doesn’t exist any more.",
  too_large: "It is too large for this server.",
  too_many_requests: "That was too much at once. Try again in a moment.",
  internal: "The server had a problem. Try again in a moment.",
  unavailable: "The server can’t do that right now. Try again in a moment.",
  storage_full: "The server’s disk is full.",
};

/** What went wrong, as a sentence. */
export const failureWords = ({ code, params, detail }: Failure): string => {
  if (detail) return sentence(detail);
  const status = params?.status;
  return WORDS[code] ?? (status ? `The server answered ${status}.` : "Something went wrong. Try again.");
};

/** What went wrong, for anything that was thrown. */
export const errorWords = (error: unknown): string => failureWords(failureOf(error));

/** A notice as a sentence or two. */
export const noticeWords = (notice: Notice): string => {
  switch (notice.type) {
    case "invited":
      return `${notice.by} added you to ${notice.room}.`;
    case "removed":
      return `${notice.by} removed you from ${notice.room}.`;
    case "refused":
      return failureWords(notice);
    case "not_sent":
      return `Not sent to ${notice.topic}: “${inBrief(notice.text)}”. ${failureWords(notice)}`;
    case "not_stored":
      return notice.reason === "blocked"
        ? "Another tab has an older version of this page. Close it, or what waits to be sent is lost with this tab."
        : "This browser can’t store what waits to be sent, so it is lost with this tab.";
  }
};

/** Why the chat ended; undefined if I ended it here. */
export const signedOutWords = (why: SignedOut): string | undefined => {
  switch (why) {
    case "here":
      return undefined;
    case "elsewhere":
      return "You signed out in another tab.";
    case "expired":
      return "You were signed out: the sign-in was ended or has expired.";
    case "other_account":
      return "Somebody else signed in to this browser.";
  }
};

const inBrief = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
