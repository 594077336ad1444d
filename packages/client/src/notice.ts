import type { Failure } from "./failure.ts";

/** Something to tell the person that no view asked for. The words are the view's. */
export type Notice =
  /** Somebody added me to a room; `room` is its title. */
  | { readonly type: "invited"; readonly by: string; readonly room: string }
  /** Somebody removed me from a room; `room` is its title, or its topic if that is all that is known. */
  | { readonly type: "removed"; readonly by: string; readonly room: string }
  /** An action of mine was refused, or could not be tried. */
  | ({ readonly type: "refused" } & Failure)
  /** A message was refused for a room that I am no longer in. It stays in the outbox until it is discarded. */
  | ({
      readonly type: "not_sent";
      readonly msg_id: string;
      readonly topic: string;
      readonly text: string;
    } & Failure)
  /** Messages that wait are not stored on this device, so they last as long as this page. */
  | { readonly type: "not_stored"; readonly reason: "blocked" | "unavailable" | "write_failed" };

/** A message meant for me that I have not read: in a direct conversation, or one that mentions me. */
export interface Alert {
  readonly topic: string;
  readonly seq: number;
  readonly sender: string;
  /** What it says, if that is known. */
  readonly text?: string;
}

/**
 * Why the chat ended: I signed out here, or in another tab; the sign-in expired or was revoked; or somebody else signed
 * in.
 */
export type SignedOut = "here" | "elsewhere" | "expired" | "other_account";
