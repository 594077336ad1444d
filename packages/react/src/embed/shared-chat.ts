import type { Notice, Ports, SignedOut } from "@chinwag/client";
import {
  Cell,
  Changes,
  Chat,
  createApi,
  Failed,
  type Failure,
  failureOf,
  isTemporary,
  noCache,
} from "@chinwag/client";
import { browserPorts } from "@chinwag/client/browser";
import type { Account } from "@chinwag/protocol";

/** An access token, or a function that gets one from the page's own server. */
export type TokenSource = string | (() => string | Promise<string>);

/** How far a connection is. */
export type Stage =
  | { readonly at: "connecting" }
  /** `what` could not be had; if that may pass, it is tried again. */
  | { readonly at: "failed"; readonly what: "token" | "account"; readonly failure: Failure }
  | { readonly at: "chat"; readonly chat: Chat }
  | { readonly at: "ended"; readonly why: SignedOut };

/** A component that uses a connection. */
export interface User {
  notice(notice: Notice): void;
  signedOut(why: SignedOut): void;
}

/** Milliseconds before the first retry by itself, and the most between two. */
const FIRST = 2_000;
const MOST = 30_000;

/** One connection for all rooms of a page with the same server and token. */
export class SharedChat {
  readonly stage = new Cell<Stage>(new Changes(), { at: "connecting" });
  readonly #url: string;
  readonly #source: TokenSource;
  readonly #users = new Set<User>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause = FIRST;
  /** Counts attempts; what an earlier one still brings is ignored. */
  #attempt = 0;

  constructor(url: string, source: TokenSource) {
    this.#url = url;
    this.#source = source;
    addEventListener("online", this.#again);
    void this.#begin();
  }

  add(user: User): void {
    this.#users.add(user);
  }

  /** Returns whether anybody still uses it. */
  remove(user: User): boolean {
    this.#users.delete(user);
    return this.isUsed;
  }

  get isUsed(): boolean {
    return this.#users.size > 0;
  }

  stop(): void {
    this.#attempt += 1;
    clearTimeout(this.#timer);
    removeEventListener("online", this.#again);
    const stage = this.stage.get();
    if (stage.at === "chat") stage.chat.stop();
  }

  /** Tries again because a person asks for it. */
  retry = (): void => {
    this.#pause = FIRST;
    this.stage.set({ at: "connecting" });
    void this.#begin();
  };

  /** The network is back. */
  #again = (): void => {
    const stage = this.stage.get();
    if (stage.at === "failed" && isTemporary(stage.failure)) void this.#begin();
  };

  async #begin(): Promise<void> {
    clearTimeout(this.#timer);
    this.#attempt += 1;
    const attempt = this.#attempt;
    let what: "token" | "account" = "token";
    try {
      const token = await this.#token();
      what = "account";
      const me = await createApi({ url: this.#url, token }).account();
      if (attempt === this.#attempt) this.#start(me, token);
    } catch (error) {
      if (attempt === this.#attempt) this.#failed(what, failureOf(error));
    }
  }

  /** Whatever the page's function throws, it may have a token later. */
  async #token(): Promise<string> {
    if (typeof this.#source === "string") return this.#source;
    try {
      return await this.#source();
    } catch {
      throw new Failed({ code: "unreachable" });
    }
  }

  #failed(what: "token" | "account", failure: Failure): void {
    this.stage.set({ at: "failed", what, failure });
    if (failure.code === "not_authenticated") for (const user of this.#users) user.signedOut("expired");
    if (!isTemporary(failure)) return;
    this.#timer = setTimeout(() => void this.#begin(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, MOST);
  }

  #start(me: Account, token: string): void {
    const chat = new Chat({
      me,
      url: this.#url,
      token,
      renewToken: typeof this.#source === "function" ? () => this.#token() : undefined,
      // Another account in the same page has another database: what waits there is not to be deleted.
      ports: withoutCache(browserPorts(`chinwag-embed:${this.#url}:${me.name}`)),
      notice: (notice) => {
        for (const user of this.#users) user.notice(notice);
      },
      signedOut: (why) => {
        this.stage.set({ at: "ended", why });
        for (const user of this.#users) user.signedOut(why);
      },
    });
    this.#pause = FIRST;
    this.stage.set({ at: "chat", chat });
  }
}

/** Only the page knows when its person signs out, so nothing of what others wrote is kept in its storage. */
const withoutCache = (ports: Ports): Ports => ({
  ...ports,
  openStorage: async (notice) => ({ ...(await ports.openStorage(notice)), cache: noCache() }),
});

const shared = new Map<string, SharedChat>();
const functions = new WeakMap<object, number>();
let lastFunction = 0;

const keyOf = (url: string, source: TokenSource): string => {
  if (typeof source === "string") return `${url}\n${source}`;
  const known = functions.get(source);
  if (known === undefined) lastFunction += 1;
  const number = known ?? lastFunction;
  functions.set(source, number);
  return `${url}\n#${number}`;
};

/** Begins to use the connection for this server and token, which is made if there is none. */
export const join = (url: string, source: TokenSource, user: User): SharedChat => {
  const key = keyOf(url, source);
  const chat = shared.get(key) ?? new SharedChat(url, source);
  shared.set(key, chat);
  chat.add(user);
  return chat;
};

/** Ends the use. The connection ends with the last one, unless a component that is drawn at the same time uses it. */
export const leave = (chat: SharedChat, user: User): void => {
  if (chat.remove(user)) return;
  setTimeout(() => {
    if (chat.isUsed) return;
    for (const [key, each] of shared) if (each === chat) shared.delete(key);
    chat.stop();
  });
};
