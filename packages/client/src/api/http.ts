import type {
  Account,
  AddMember,
  BrokerInfo,
  ChangePassword,
  ChangeRoom,
  CreatedToken,
  Direct,
  Events,
  Members,
  Messages,
  NewAccount,
  NewRoom,
  NewToken,
  People,
  Problem,
  Room,
  Rooms,
  Session,
  Setup,
  SetupState,
  SignIn,
  Tokens,
} from "@chinwag/protocol";
import { PAGE_MAX } from "@chinwag/protocol";
import { urlOf } from "./address.ts";
import { allPages } from "./pages.ts";

/** Turns the text of a refusal, which is part of a sentence, into a whole sentence. */
export const sentence = (words: string): string => {
  const [first = "", ...rest] = words;
  return `${first.toUpperCase()}${rest.join("")}${/[.!?…]$/.test(words) ? "" : "."}`;
};

/** The server refused a request. `message` is text for the user. */
export class Refused extends Error {
  readonly status: number;
  readonly code: Problem["code"] | undefined;
  constructor(status: number, problem: Partial<Problem>) {
    super(sentence(problem.detail ?? problem.title ?? `the server answered ${status}`));
    this.status = status;
    this.code = problem.code;
  }
}

/** The server could not be reached; a retry may help. */
export class Unreachable extends Error {
  constructor() {
    super("The server can’t be reached right now. Try again in a moment.");
  }
}

/** Creates the error for a refusal from a response body of any form. */
export const refusal = (status: number, body: string): Refused => {
  try {
    return new Refused(status, JSON.parse(body) as Partial<Problem>);
  } catch {
    return new Refused(status, {});
  }
};

const request = async (method: string, path: string, body?: unknown): Promise<string> => {
  const init: RequestInit = { method, headers: { accept: "application/json" } };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { accept: "application/json", "content-type": "application/json" };
  }
  let response: Response;
  let text: string;
  try {
    response = await fetch(urlOf(path), init);
    text = await response.text();
  } catch {
    throw new Unreachable();
  }
  if (!response.ok) throw refusal(response.status, text);
  return text;
};

const json = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
  JSON.parse(await request(method, path, body)) as T;

const nothing = async (method: string, path: string, body?: unknown): Promise<void> => {
  await request(method, path, body);
};

/** Encodes a topic for a path, keeping its slashes. */
const inPath = (topic: string): string => topic.split("/").map(encodeURIComponent).join("/");

const query = (values: object): string => {
  const given = Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, `${value}`]],
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

export type Api = typeof api;

/** All HTTP requests of the client, one line each. */
export const api = {
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

  people: () =>
    allPages("people", (cursor) => json<People>("GET", `/people${query({ limit: PAGE_MAX, cursor })}`)),
  createAccount: (body: NewAccount) => json<Account>("POST", "/accounts", body),
  changePassword: (body: ChangePassword) => nothing("POST", "/account/password", body),
  tokens: () => json<Tokens>("GET", "/tokens"),
  createToken: (body: NewToken) => json<CreatedToken>("POST", "/tokens", body),
  revokeToken: (id: number) => nothing("DELETE", `/tokens/${id}`),
};
