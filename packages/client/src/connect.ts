import type { Account } from "@chinwag/protocol";
import { createApi } from "./api/http.ts";
import { Chat } from "./chat.ts";
import type { ChatHandlers } from "./chat-options.ts";
import { defaultPorts } from "./default-ports.ts";
import type { Ports } from "./ports.ts";

export interface ConnectOptions extends ChatHandlers {
  /** The server's address, with the path prefix of a proxy if it has one. */
  readonly url: string;
  /** An access token or a sign-in's token; without it, the browser's cookie counts. */
  readonly token?: string;
  /** Returns another token of the same person, once the server refuses the present one; see `ChatOptions`. */
  readonly renewToken?: () => Promise<string>;
  /** The signed-in account, if it is known already. */
  readonly me?: Account;
  /** What differs from `defaultPorts`; in browsers, `browserPorts()` from `@chinwag/client/browser`. */
  readonly ports?: Partial<Ports>;
}

/**
 * Begins the chat of the account that the token or the cookie belongs to. Rejects if that can't be found out; after
 * that, an interrupted connection is made again until the chat is stopped.
 */
export const connect = async ({ url, token, me, ports, ...handlers }: ConnectOptions): Promise<Chat> => {
  const all: Ports = { ...defaultPorts(), ...ports };
  const account = me ?? (await createApi({ url, token, fetch: all.fetch }).account());
  return new Chat({ ...handlers, url, token, me: account, ports: all });
};
