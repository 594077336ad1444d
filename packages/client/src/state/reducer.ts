import type { Event, Member, Person, Presence, Room } from "@chinwag/protocol";
import type { Failure } from "../failure.ts";
import { type Entry, erased, isChange } from "./message.ts";
import type { Connection, OutboxEntry, OutboxFile, RoomState, State } from "./model.ts";
import {
  applyEvent,
  freshRoom,
  type History,
  heardOf,
  mergeRoom,
  othersRead,
  prepend,
  readUpTo,
  takeUnread,
  trim,
} from "./room.ts";

export type Action =
  | { type: "connection"; connection: Connection }
  | { type: "rooms"; rooms: readonly Room[] }
  | { type: "room"; room: Room }
  /** The log is too far ahead or a different one: discards what is held. */
  | { type: "reset"; room: Room }
  | { type: "gone"; topic: string }
  | { type: "open"; topic: string | undefined }
  /** The latest seq of a room's log. */
  | { type: "head"; topic: string; seq: number }
  | { type: "events"; topic: string; events: readonly Event[] }
  | ({ type: "older"; topic: string } & History)
  | { type: "read"; topic: string; name: string; seq: number }
  /** My own read cursor, from the server. */
  | { type: "unread"; topic: string; read_seq: number; unread: number }
  | { type: "members"; topic: string; members: readonly Member[] }
  | { type: "people"; people: readonly Person[] }
  | { type: "presence"; name: string; presence: Presence | undefined }
  | { type: "typing"; topic: string; name: string; until: number }
  | { type: "clock"; now: number }
  | { type: "queued"; entries: readonly OutboxEntry[] }
  | { type: "status"; msg_id: string; status: OutboxEntry["status"]; problem?: Failure }
  | { type: "entry"; msg_id: string; change: Partial<Pick<OutboxEntry, "text" | "tried" | "problem">> }
  | { type: "file"; msg_id: string; index: number; change: Partial<OutboxFile> }
  | { type: "dropped"; msg_id: string };

/** Computes the next state of the client; all state changes go through this function. */
export const reduce = (state: State, action: Action): State => {
  switch (action.type) {
    case "connection":
      return {
        ...state,
        connection: action.connection,
        typing: action.connection === "live" ? state.typing : {},
      };
    case "rooms":
      return { ...state, ready: true, rooms: takeRooms(state, action.rooms) };
    case "room":
      return withRoom(state, merged(state, action.room));
    case "reset":
      return withRoom(state, freshRoom(action.room));
    case "gone":
      return { ...state, rooms: omit(state.rooms, action.topic), typing: omit(state.typing, action.topic) };
    case "open":
      return openRoom(state, action.topic);
    case "head":
      return changeRoom(state, action.topic, (held) => heardOf(held, action.seq));
    case "events":
      return takeEvents(state, action.topic, action.events);
    case "older": {
      const next = changeRoom(state, action.topic, (held) => prepend(held, action, state.me.name));
      return settle(next, action.events);
    }
    case "read":
      return changeRoom(state, action.topic, (held) =>
        takeRead(held, state.me.name, action.name, action.seq),
      );
    case "unread":
      return changeRoom(state, action.topic, (held) => takeUnread(held, action, state.me.name));
    case "members":
      return changeRoom(state, action.topic, (held) => takeMembers(held, action.members));
    case "people":
      return { ...state, people: Object.fromEntries(action.people.map((person) => [person.name, person])) };
    case "presence":
      return { ...state, people: takePresence(state.people, action.name, action.presence) };
    case "typing":
      return { ...state, typing: takeTyping(state.typing, action.topic, action.name, action.until) };
    case "clock":
      return { ...state, typing: expireTyping(state.typing, action.now) };
    default:
      return reduceOutbox(state, action);
  }
};

export type OutboxAction = Extract<Action, { type: "queued" | "status" | "entry" | "file" | "dropped" }>;

const reduceOutbox = (state: State, action: OutboxAction): State => {
  switch (action.type) {
    case "queued": {
      const known = new Set(state.outbox.map((entry) => entry.msg_id));
      const added = action.entries.filter((entry) => !known.has(entry.msg_id));
      const outbox = [...state.outbox, ...added].sort((a, b) => a.created_at - b.created_at);
      return { ...state, outbox };
    }
    case "status":
      return changeEntry(state, action.msg_id, ({ problem: _, ...entry }) => ({
        ...entry,
        status: action.status,
        ...(action.problem === undefined ? {} : { problem: action.problem }),
      }));
    case "entry":
      return changeEntry(state, action.msg_id, (entry) => ({ ...entry, ...action.change }));
    case "file":
      return changeEntry(state, action.msg_id, (entry) => ({
        ...entry,
        files: entry.files.map((file, index) =>
          index === action.index ? { ...file, ...action.change } : file,
        ),
      }));
    case "dropped":
      return { ...state, outbox: state.outbox.filter((entry) => entry.msg_id !== action.msg_id) };
  }
};

const changeEntry = (state: State, msg_id: string, change: (entry: OutboxEntry) => OutboxEntry): State => ({
  ...state,
  outbox: state.outbox.map((entry) => (entry.msg_id === msg_id ? change(entry) : entry)),
});

const omit = <T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> => {
  if (!(key in record)) return record;
  const { [key]: _, ...rest } = record;
  return rest;
};

const withRoom = (state: State, held: RoomState): State => ({
  ...state,
  rooms: { ...state.rooms, [held.room.topic]: held },
});

const merged = (state: State, room: Room): RoomState =>
  mergeRoom(state.rooms[room.topic], room, state.me.name, state.open === room.topic);

const changeRoom = (state: State, topic: string, change: (held: RoomState) => RoomState): State => {
  const held = state.rooms[topic];
  if (!held) return state;
  const next = change(held);
  return next === held ? state : withRoom(state, next);
};

const takeRooms = (state: State, rooms: readonly Room[]): State["rooms"] =>
  Object.fromEntries(rooms.map((room) => [room.topic, merged(state, room)]));

const openRoom = (state: State, topic: string | undefined): State => {
  if (state.open === topic) return state;
  const next = { ...state, open: topic };
  return state.open === undefined ? next : changeRoom(next, state.open, trim);
};

const takeEvents = (state: State, topic: string, events: readonly Event[]): State => {
  const me = state.me.name;
  const next = changeRoom(state, topic, (held) => {
    const after = events.reduce((room, event) => applyEvent(room, event, me), held);
    return state.open === topic ? after : trim(after);
  });
  return settle(withoutQuotes(quiet(next, topic, events), topic, events), events);
};

/** Erases the quotes of deleted messages in the outbox. */
const withoutQuotes = (state: State, topic: string, events: readonly Event[]): State => {
  const deletions = events.filter(isChange).filter(({ type }) => type === "delete");
  if (deletions.length === 0) return state;
  const outbox = state.outbox.map((entry) => {
    if (entry.topic !== topic || !entry.quote) return entry;
    return { ...entry, quote: deletions.reduce(erased, entry.quote) };
  });
  return { ...state, outbox };
};

/** Ends "typing" of the senders of new messages. */
const quiet = (state: State, topic: string, events: readonly Event[]): State => {
  const typing = state.typing[topic];
  if (!typing || !events.some((event) => event.type === "message" && event.sender in typing)) return state;
  const left = events.reduce(
    (names, event) => (event.type === "message" ? omit(names, event.sender) : names),
    typing,
  );
  return { ...state, typing: { ...state.typing, [topic]: left } };
};

/** Removes entries whose message came back from the server. Only events that are held count. */
const settle = (state: State, events: readonly (Entry | Event)[]): State => {
  if (state.outbox.length === 0) return state;
  const back = new Set<string>();
  for (const event of events) {
    const held = state.rooms[event.topic];
    if (event.type !== "message" || event.sender !== state.me.name || !held) continue;
    if (event.seq >= held.from && event.seq <= held.room.last_seq) back.add(event.msg_id);
  }
  const outbox = state.outbox.filter((entry) => !back.has(entry.msg_id));
  return outbox.length === state.outbox.length ? state : { ...state, outbox };
};

const takeRead = (held: RoomState, me: string, name: string, seq: number): RoomState => {
  if (!Number.isSafeInteger(seq) || seq < 0) return held;
  return name === me ? readUpTo(held, seq, me) : othersRead(held, name, seq);
};

const takeMembers = (held: RoomState, members: readonly Member[]): RoomState => {
  const reads = { ...held.reads };
  for (const member of members) reads[member.name] = Math.max(reads[member.name] ?? 0, member.read_seq);
  return { ...held, members, reads, room: { ...held.room, members: members.length } };
};

const takePresence = (
  people: State["people"],
  name: string,
  presence: Presence | undefined,
): State["people"] => {
  const person: Person = presence
    ? { name, state: presence.state, last_seen: presence.last_seen, live: true }
    : { ...people[name], name, state: "offline", live: true };
  return { ...people, [name]: person };
};

const takeTyping = (typing: State["typing"], topic: string, name: string, until: number): State["typing"] => {
  const names = typing[topic] ?? {};
  return { ...typing, [topic]: until > 0 ? { ...names, [name]: until } : omit(names, name) };
};

const expireTyping = (typing: State["typing"], now: number): State["typing"] => {
  const next: Record<string, Readonly<Record<string, number>>> = {};
  for (const [topic, names] of Object.entries(typing)) {
    const left = Object.entries(names).filter(([, until]) => until > now);
    if (left.length > 0) next[topic] = Object.fromEntries(left);
  }
  return next;
};
