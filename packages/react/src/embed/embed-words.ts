import type { SignedOut } from "@chinwag/client";

/** The sentences that only an embedded room has. */
export const EMBED_WORDS = {
  connecting: "Connecting",
  tryAgain: "Try again",
  tryNow: "Try now",
  join: "Join",
  close: "Close",
  retries: "The server isn’t answering. This tries again by itself.",
  noToken: "This page could not get an access token. It tries again by itself.",
  tokenRefused: "The server doesn’t accept this page’s access token.",
  noSuchRoom: "There is no such room, or it’s private and somebody inside has to let you in.",
  notInRoom: "You’re not in this room yet.",
  thisRoom: "This room",
} as const;

/** Why a connection with a token ended. */
export const endedWords = (why: SignedOut): string =>
  why === "other_account" ? "The access token is somebody else’s now." : EMBED_WORDS.tokenRefused;
