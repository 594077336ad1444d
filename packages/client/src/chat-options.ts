import type { Account } from "@chinwag/protocol";
import type { Alert, Notice, SignedOut } from "./notice.ts";
import type { Ports } from "./ports.ts";

export interface ChatHandlers {
  /** Something to tell the person. */
  notice?(notice: Notice): void;
  /**
   * A message meant for me stays unread. Of several tabs, one is told; whether to show it, and how, is up to the view.
   */
  alert?(alert: Alert): void;
  /** The chat has ended, and what waited to be sent is deleted. */
  signedOut?(why: SignedOut): void;
  /** The server confirmed who is signed in: for `me` from an earlier visit. */
  confirmed?(me: Account): void;
}

export interface ChatOptions extends ChatHandlers {
  /** The signed-in person. */
  readonly me: Account;
  /** Whether `me` is from an earlier visit, so that the server has to be asked. */
  readonly unconfirmed?: boolean;
  /** The server's address, with the path prefix of a proxy if it has one. */
  readonly url: string;
  /** An access token or a sign-in's token; without it, the browser's cookie counts. */
  readonly token?: string | undefined;
  /**
   * Returns another token of the same person, once the server refuses the present one. If it rejects, it is asked again
   * later. Without it, or if its token is refused, too, the chat ends.
   */
  readonly renewToken?: (() => Promise<string>) | undefined;
  readonly ports: Ports;
  /** The room that is opened first: it is restored first from what an earlier page left. */
  readonly first?: string | undefined;
}
