import type { Event, Member, Person, Presence, Room } from "@chinwag/protocol";
import { segmentAt } from "./log.ts";
import type { Entry } from "./message.ts";
import type { Connection, RoomState, State } from "./model.ts";
import { eraseQuotes, type OutboxAction, reduceOutbox, removeDelivered } from "./outbox.ts";
import {
  addStretch,
  applyEvent,
  heardOf,
  mergeRoom,
  othersRead,
  readUpTo,
  type Stretch,
  startOver,
  takeUnread,
  trim,
  trimAround,
} from "./room.ts";
import { endTyping, expireTyping, takeTyping } from "./typing.ts";

export type Action =
  | { type: "connection"; connection: Connection }
  | { type: "admin"; admin: boolean }
  | { type: "rooms"; rooms: readonly Room[] }
  | { type: "room"; room: Room }
  /** Rooms as an earlier visit left them; of those that are known, only a log that is missing. */
  | { type: "restored"; rooms: readonly RoomState[] }
  /** Too much is missing at the end of the log that is held: drops it. */
  | { type: "start_over"; topic: string }
  | { type: "gone"; topic: string }
  | { type: "open"; topic: string }
  | { type: "close"; topic: string }
  /** The latest seq of a room's log. */
  | { type: "head"; topic: string; seq: number }
  | { type: "events"; topic: string; events: readonly Event[] }
  | ({ type: "stretch"; topic: string } & Stretch)
  /** The view is at `around`: drops what is far from there. */
  | { type: "trim"; topic: string; around: number; side: "older" | "newer" }
  | { type: "read"; topic: string; name: string; seq: number }
  /** My own read cursor, from the server. */
  | { type: "unread"; topic: string; read_seq: number; unread: number }
  | { type: "members"; topic: string; members: readonly Member[] }
  | { type: "people"; people: readonly Person[] }
  | { type: "presence"; name: string; presence: Presence | undefined }
  | { type: "typing"; topic: string; name: string; until: number }
  | { type: "clock"; now: number }
  | OutboxAction;

/** Applies an action to the state; all changes of the state go through this function. */
export const reduce = (state: State, action: Action): void => {
  switch (action.type) {
    case "connection":
      state.session.set({ ...state.session.get(), connection: action.connection });
      if (action.connection !== "live") state.typing.replace(new Map());
      break;
    case "admin":
      state.session.set({ ...state.session.get(), admin: action.admin });
      break;
    case "rooms":
      takeRooms(state, action.rooms);
      break;
    case "room":
      mergeInto(state, action.room);
      break;
    case "restored":
      restore(state, action.rooms);
      break;
    case "start_over":
      changeRoom(state, action.topic, startOver);
      break;
    case "gone":
      state.rooms.delete(action.topic);
      state.typing.delete(action.topic);
      break;
    case "open":
      openRoom(state, action.topic);
      break;
    case "close":
      closeRoom(state, action.topic);
      break;
    case "head":
      changeRoom(state, action.topic, (held) => heardOf(held, action.seq));
      break;
    case "events":
      takeEvents(state, action.topic, action.events);
      break;
    case "stretch":
      changeRoom(state, action.topic, (held) => addStretch(held, action, state.me.name));
      settle(state, action.topic, action.entries);
      break;
    case "trim":
      changeRoom(state, action.topic, (held) => trimAround(held, action.around, action.side));
      break;
    case "read":
      changeRoom(state, action.topic, (held) => takeRead(held, state.me.name, action.name, action.seq));
      break;
    case "unread":
      changeRoom(state, action.topic, (held) => takeUnread(held, action, state.me.name));
      break;
    case "members":
      changeRoom(state, action.topic, (held) => takeMembers(held, action.members));
      break;
    case "people":
      state.people.replace(new Map(action.people.map((person) => [person.name, person])));
      break;
    case "presence":
      takePresence(state, action.name, action.presence);
      break;
    case "typing":
      takeTyping(state.typing, action.topic, action.name, action.until);
      break;
    case "clock":
      expireTyping(state.typing, action.now);
      break;
    default:
      reduceOutbox(state.outbox, action);
      break;
  }
};

const changeRoom = (state: State, topic: string, change: (held: RoomState) => RoomState): void => {
  const held = state.rooms.get(topic);
  if (held) state.rooms.set(topic, change(held));
};

const mergeInto = (state: State, room: Room): void =>
  state.rooms.set(room.topic, mergeRoom(state.rooms.get(room.topic), room, state.me.name));

const takeRooms = (state: State, rooms: readonly Room[]): void => {
  const wanted = new Set(rooms.map(({ topic }) => topic));
  for (const topic of [...state.rooms.keys()]) if (!wanted.has(topic)) state.rooms.delete(topic);
  for (const room of rooms) mergeInto(state, room);
  state.session.set({ ...state.session.get(), ready: true });
};

const restore = (state: State, rooms: readonly RoomState[]): void => {
  const { ready } = state.session.get();
  for (const restored of rooms) {
    const { topic, epoch } = restored.room;
    const held = state.rooms.get(topic);
    const lacksLog = held?.log.segments.length === 0 && held.applied === restored.applied;
    // I may have left it since.
    if (!held && !ready) state.rooms.set(topic, restored);
    if (!held) continue;
    if (lacksLog && held.room.epoch === epoch) state.rooms.set(topic, { ...held, log: restored.log });
  }
  state.session.set({ ...state.session.get(), restored: true });
};

const openRoom = (state: State, topic: string): void => {
  const session = state.session.get();
  if (!session.open.includes(topic)) state.session.set({ ...session, open: [...session.open, topic] });
};

const closeRoom = (state: State, topic: string): void => {
  const session = state.session.get();
  if (!session.open.includes(topic)) return;
  state.session.set({ ...session, open: session.open.filter((each) => each !== topic) });
  changeRoom(state, topic, trim);
};

const takeEvents = (state: State, topic: string, events: readonly Event[]): void => {
  const isOpen = state.session.get().open.includes(topic);
  changeRoom(state, topic, (held) => {
    const next = events.reduce((room, event) => applyEvent(room, event, state.me.name), held);
    return isOpen ? next : trim(next);
  });
  for (const event of events) {
    if (event.type === "message") endTyping(state.typing, topic, event.sender);
    if (event.type === "leave") endTyping(state.typing, topic, event.name);
  }
  eraseQuotes(state, topic, events);
  settle(state, topic, events);
};

/** Removes entries of the outbox whose message came back from the server. Only events that are held count. */
const settle = (state: State, topic: string, events: readonly (Entry | Event)[]): void => {
  const held = state.rooms.get(topic);
  if (!held || state.outbox.get().length === 0) return;
  const delivered = events.flatMap((event) =>
    event.type === "message" && event.sender === state.me.name && segmentAt(held.log, event.seq)
      ? [event.msg_id]
      : [],
  );
  removeDelivered(state.outbox, delivered);
};

const takeRead = (held: RoomState, me: string, name: string, seq: number): RoomState => {
  if (!Number.isSafeInteger(seq) || seq < 0) return held;
  return name === me ? readUpTo(held, seq, me) : othersRead(held, name, seq);
};

const takeMembers = (held: RoomState, members: readonly Member[]): RoomState => {
  const reads = new Map(held.reads);
  for (const { name, read_seq } of members) reads.set(name, Math.max(reads.get(name) ?? 0, read_seq));
  return { ...held, members, reads, room: { ...held.room, members: members.length } };
};

const takePresence = (state: State, name: string, presence: Presence | undefined): void =>
  state.people.set(
    name,
    presence
      ? { name, state: presence.state, last_seen: presence.last_seen, live: true }
      : { ...state.people.get(name), name, state: "offline", live: true },
  );
