import type {
  Account,
  AddMember,
  BrokerInfo,
  ChangePassword,
  ChangeRoom,
  CreatedToken,
  Direct,
  Events,
  MediaAddresses,
  Members,
  Messages,
  NewAccount,
  NewRoom,
  NewToken,
  People,
  Room,
  Rooms,
  Session,
  Setup,
  SetupState,
  SignIn,
  Tokens,
} from "@chinwag/protocol";
import { PAGE_MAX } from "@chinwag/protocol";
import { refusal, Unreachable } from "../failure.ts";
import { addressOf } from "./address.ts";
import { allPages } from "./pages.ts";

/** Where the server is and who asks. */
export interface ApiOptions {
  /** The server's address, with the path prefix of a proxy if it has one. */
  readonly url: string;
  /** An access token or a sign-in's token, or what returns the current one; without it, the browser's cookie counts. */
  readonly token?: Token;
  readonly fetch?: typeof fetch;
}

/** Milliseconds after which a request counts as lost: a network that went away may never say so. */
const DEADLINE = 30_000;

/** A token, or a function that returns the current one where it can change. */
export type Token = string | (() => string | undefined) | undefined;

export const currentOf = (token: Token): string | undefined =>
  typeof token === "function" ? token() : token;

/** The headers that say who asks. */
export const credentials = (token: Token): Record<string, string> => {
  const current = currentOf(token);
  return current === undefined ? {} : { authorization: `Bearer ${current}` };
};

type Request = (method: string, path: string, body?: unknown) => Promise<string>;

const requester =
  ({ url, token, fetch = globalThis.fetch }: ApiOptions): Request =>
  async (method, path, body) => {
    const headers: Record<string, string> = { accept: "application/json", ...credentials(token) };
    const init: RequestInit = { method, headers, signal: AbortSignal.timeout(DEADLINE) };
    // A cookie of another sign-in must not count beside the token.
    if (currentOf(token) !== undefined) init.credentials = "omit";
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      headers["content-type"] = "application/json";
    }
    let response: Response;
    let text: string;
    try {
      response = await fetch(addressOf(url, path), init);
      text = await response.text();
    } catch {
      throw new Unreachable();
    }
    if (!response.ok) throw refusal(response.status, text, response.headers.get("retry-after"));
    return text;
  };

/** Parses a success. A sign-in page of a network or a proxy may answer with success, too. */
export const parsed = <T>(text: string): T => {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new Unreachable();
  }
};

/** Encodes a topic for a path, keeping its slashes. */
const inPath = (topic: string): string => topic.split("/").map(encodeURIComponent).join("/");

const query = (values: object): string => {
  const given = Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, `${value}`] as [string, string]],
  );
  return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
};

/** Selects a page of history: the messages before, after or around a seq, or the last ones. */
export interface HistoryQuery {
  readonly limit: number;
  readonly notes: boolean;
  readonly before?: number;
  readonly after?: number;
  readonly around?: number;
}

/** All HTTP requests of the client, one line each. */
export const createApi = (options: ApiOptions) => {
  const request = requester(options);
  const json = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
    parsed<T>(await request(method, path, body));
  const nothing = async (method: string, path: string, body?: unknown): Promise<void> => {
    await request(method, path, body);
  };
  return {
    setupState: () => json<SetupState>("GET", "/setup"),
    setup: (body: Setup) => json<Session>("POST", "/setup", body),
    signIn: (body: SignIn) => json<Session>("POST", "/session", body),
    account: () => json<Account>("GET", "/session"),
    signOut: () => nothing("DELETE", "/session"),
    broker: () => json<BrokerInfo>("GET", "/broker"),

    rooms: () => json<Rooms>("GET", "/rooms"),
    joinable: () =>
      allPages("rooms", (cursor) =>
        json<Rooms>("GET", `/rooms${query({ joinable: true, limit: PAGE_MAX, cursor })}`),
      ),
    room: (topic: string) => json<Room>("GET", `/rooms/${inPath(topic)}`),
    createRoom: (body: NewRoom) => json<Room>("POST", "/rooms", body),
    changeRoom: (topic: string, body: ChangeRoom) => json<Room>("PATCH", `/rooms/${inPath(topic)}`, body),
    direct: (body: Direct) => json<Room>("POST", "/direct", body),

    members: (topic: string) =>
      allPages("members", (cursor) =>
        json<Members>("GET", `/members/${inPath(topic)}${query({ limit: PAGE_MAX, cursor })}`),
      ),
    join: (topic: string, body: AddMember = {}) => json<Room>("POST", `/members/${inPath(topic)}`, body),
    leave: (topic: string, name?: string) => nothing("DELETE", `/members/${inPath(topic)}${query({ name })}`),

    messages: (topic: string, at: HistoryQuery) =>
      json<Messages>("GET", `/messages/${inPath(topic)}${query(at)}`),
    events: (topic: string, at: { after: number; limit: number }) =>
      json<Events>("GET", `/events/${inPath(topic)}${query(at)}`),

    mediaAddresses: (ids: readonly string[]) => json<MediaAddresses>("POST", "/media/addresses", { ids }),

    people: () =>
      allPages("people", (cursor) => json<People>("GET", `/people${query({ limit: PAGE_MAX, cursor })}`)),
    createAccount: (body: NewAccount) => json<Account>("POST", "/accounts", body),
    changePassword: (body: ChangePassword) => nothing("POST", "/account/password", body),
    tokens: () => json<Tokens>("GET", "/tokens"),
    createToken: (body: NewToken) => json<CreatedToken>("POST", "/tokens", body),
    revokeToken: (id: number) => nothing("DELETE", `/tokens/${id}`),
  };
};

/** The HTTP API of one server for one caller. */
export type Api = ReturnType<typeof createApi>;
