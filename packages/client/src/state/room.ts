import type { Event, Member, Messages, Room } from "@chinwag/protocol";
import { asMessage, type Change, changed, type Entry, isChange } from "./message.ts";
import type { RecentChanges, RoomState } from "./model.ts";

/** Maximum number of events held of a room that is not on screen; older ones are fetched again when needed. */
export const KEPT_WHEN_CLOSED = 400;

/** Maximum number of changes that can arrive while history is being fetched; beyond that the response is dropped. */
export const CHANGES_KEPT = 500;

/** A range of history from the server. */
export interface History {
  /** The seq before which it ends, as requested. */
  readonly before: number;
  readonly epoch: Messages["epoch"];
  /** The end of the log at the time of the response: later changes may be missing from the messages. */
  readonly last_seq: number;
  readonly events: readonly Entry[];
  /** The first seq of the range; from there on nothing is missing. */
  readonly from: number;
}

/** The state of a room of which nothing is held yet. */
export const freshRoom = (room: Room): RoomState => ({
  room,
  events: [],
  from: room.last_seq + 1,
  head: room.last_seq,
  reads: {},
  members: undefined,
  recent: { after: room.last_seq, changes: [] },
});

/**
 * Applies the server's information about a room. It may be older than events that arrived meanwhile, so numbers never
 * decrease. A room on screen keeps what it holds, and the gap is filled from the log; any other room starts from
 * scratch,
 * which is cheaper.
 */
export const mergeRoom = (
  held: RoomState | undefined,
  room: Room,
  me: string,
  onScreen: boolean,
): RoomState => {
  if (!held || held.room.epoch !== room.epoch) return freshRoom(room);
  if (room.last_seq > held.room.last_seq && !onScreen) {
    return { ...freshRoom(room), reads: held.reads, members: held.members };
  }
  // Fields that events change are taken from the response only if it has the same seq; otherwise they would count
  // twice.
  const now = room.last_seq === held.room.last_seq ? room : { ...held.room, owner: room.owner };
  const read_seq = Math.max(held.room.read_seq, room.read_seq);
  const unread = read_seq > room.read_seq ? held.room.unread : now.unread;
  const next = { ...now, read_seq, unread };
  // The response has the last message as it was sent, without later changes.
  if (held.room.last_message) next.last_message = held.room.last_message;
  return countUnread({ ...held, room: next, head: Math.max(held.head, room.last_seq) }, me);
};

/** Applies an event. A repetition has no effect; an event beyond the next one only moves `head`. */
export const applyEvent = (held: RoomState, event: Event, me: string): RoomState => {
  const { room } = held;
  if (event.seq <= room.last_seq) return held;
  if (event.seq > room.last_seq + 1) return heardOf(held, event.seq);
  const head = Math.max(held.head, event.seq);
  if (isChange(event)) return { ...applyChange(held, event, me), head };
  const entry: Entry = event.type === "message" ? asMessage(event) : event;
  return {
    ...held,
    room: nextRoom(room, entry, me),
    events: [...held.events, entry],
    head,
    members: nextMembers(held.members, entry),
  };
};

/** Applies a change to its message; the change itself is not an entry. */
const applyChange = (held: RoomState, change: Change, me: string): RoomState => {
  const apply = (entry: Entry): Entry => (entry.type === "message" ? changed(entry, change, me) : entry);
  const { last_message, ...rest } = held.room;
  const room: Room = { ...rest, last_seq: change.seq };
  if (last_message?.type === "message") room.last_message = changed(asMessage(last_message), change, me);
  return { ...held, room, events: held.events.map(apply), recent: remember(held.recent, change) };
};

const remember = ({ after, changes }: RecentChanges, change: Change): RecentChanges => {
  // After a deletion, earlier changes of the message are discarded.
  const before =
    change.type === "delete" ? changes.filter(({ target }) => target !== change.target) : changes;
  const next = [...before, change];
  const [first] = next;
  if (!first || next.length <= CHANGES_KEPT) return { after, changes: next };
  return { after: first.seq, changes: next.slice(1) };
};

/** Records that the log goes at least this far. */
export const heardOf = (held: RoomState, seq: number): RoomState =>
  seq > held.head ? { ...held, head: seq } : held;

const nextRoom = (room: Room, event: Entry, me: string): Room => {
  const next = { ...room, last_seq: event.seq };
  switch (event.type) {
    case "message":
      next.last_message = event;
      // A sender has read everything before their message; the server moves the cursor in the same way.
      if (event.sender === me) return { ...next, read_seq: Math.max(room.read_seq, event.seq), unread: 0 };
      if (event.seq > room.read_seq) next.unread = room.unread + 1;
      return next;
    case "join":
      return { ...next, members: room.members + 1 };
    case "leave":
      return { ...next, members: Math.max(0, room.members - 1) };
    case "room":
      return room.direct
        ? next
        : { ...next, title: event.title, purpose: event.purpose, private: event.private };
    default:
      // A newer server may have more event types; they only count as a seq.
      return next;
  }
};

const nextMembers = (members: readonly Member[] | undefined, event: Entry): readonly Member[] | undefined => {
  if (!members) return members;
  if (event.type === "leave") return members.filter((member) => member.name !== event.name);
  if (event.type !== "join" || members.some((member) => member.name === event.name)) return members;
  return [...members, { name: event.name, owner: false, read_seq: 0 }].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
};

/**
 * Adds older history. A response that no longer fits what is held is dropped, and so is one that is older than the
 * remembered changes.
 */
export const prepend = (
  held: RoomState,
  { before, epoch, last_seq, events, from }: History,
  me: string,
): RoomState => {
  if (held.room.epoch !== epoch || held.from !== before || last_seq < held.recent.after) return held;
  const older = events.filter((entry) => entry.seq < before && entry.seq >= from);
  older.sort((a, b) => a.seq - b.seq);
  const apply = (entry: Entry): Entry =>
    entry.type === "message"
      ? held.recent.changes.reduce((message, change) => changed(message, change, me), entry)
      : entry;
  const next = { ...held, events: [...older.map(apply), ...held.events], from };
  return countUnread({ ...next, room: withLastMessage(next) }, me);
};

/** Replaces the last message, which the server sends without later changes, with its current state. */
const withLastMessage = ({ room, events }: RoomState): Room => {
  const last = events.findLast((entry) => entry.type === "message");
  return last && last.seq === room.last_message?.seq ? { ...room, last_message: last } : room;
};

/** Moves my own read cursor, forward only, whether it was moved here or on another device. */
export const readUpTo = (held: RoomState, seq: number, me: string): RoomState => {
  if (seq <= held.room.read_seq) return held;
  return countUnread({ ...held, room: { ...held.room, read_seq: seq } }, me);
};

/** Applies my read cursor from the server, with its unread count for events that are not held. */
export const takeUnread = (
  held: RoomState,
  { read_seq, unread }: { readonly read_seq: number; readonly unread: number },
  me: string,
): RoomState => {
  const { room } = held;
  if (!Number.isSafeInteger(read_seq) || read_seq <= room.read_seq) return held;
  // The server's count may be outdated: messages that arrived since are counted from the events held.
  return countUnread({ ...held, room: { ...room, read_seq, unread: Math.min(unread, room.unread) } }, me);
};

/** Moves another person's read cursor. */
export const othersRead = (held: RoomState, name: string, seq: number): RoomState =>
  seq <= (held.reads[name] ?? 0) ? held : { ...held, reads: { ...held.reads, [name]: seq } };

/** Recounts unread messages, if enough events are held. My own messages never count. */
const countUnread = (held: RoomState, me: string): RoomState => {
  const { room, events, from } = held;
  if (room.read_seq >= room.last_seq) return { ...held, room: { ...room, unread: 0 } };
  if (from > room.read_seq + 1) return held;
  const unread = events.filter(
    (event) => event.type === "message" && event.seq > room.read_seq && event.sender !== me,
  ).length;
  return { ...held, room: { ...room, unread } };
};

/** Discards old events of a room that is not on screen. */
export const trim = (held: RoomState): RoomState => {
  if (held.events.length <= KEPT_WHEN_CLOSED) return held;
  const events = held.events.slice(-KEPT_WHEN_CLOSED / 2);
  return { ...held, events, from: events[0]?.seq ?? held.room.last_seq + 1 };
};

/** Whether events are missing between those held and the latest known seq. */
export const hasGap = (held: RoomState): boolean => held.head > held.room.last_seq;
