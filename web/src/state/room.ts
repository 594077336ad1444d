import type { Event, Member, Messages, Room } from "../protocol/types.gen";
import { asMessage, type Change, changed, type Entry, isChange } from "./message";
import type { RecentChanges, RoomState } from "./model";

/** A room that is not on screen keeps at most this many events; older ones are fetched again when wanted. */
export const KEPT_WHEN_CLOSED = 400;

/** So many changes can arrive while history is under way; if there are more, what was fetched is dropped. */
export const CHANGES_KEPT = 500;

/** A stretch of history, as it was fetched. */
export interface History {
  /** Where it was asked to end. */
  readonly before: number;
  readonly epoch: Messages["epoch"];
  /** The end of the log when it was fetched: messages may lack changes after that. */
  readonly last_seq: number;
  readonly events: readonly Entry[];
  /** From here on nothing is left out. */
  readonly from: number;
}

/** A room nothing is held of yet. */
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
 * Takes what the server says of a room. The answer may be older than events that arrived meanwhile, so numbers
 * never go back. A room on screen keeps what it holds and has the rest filled in from the log; any other
 * starts afresh, which is cheaper.
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
  // What events change is taken from the answer only where it stands at the same seq: else they would count twice.
  const now = room.last_seq === held.room.last_seq ? room : { ...held.room, owner: room.owner };
  const read_seq = Math.max(held.room.read_seq, room.read_seq);
  const unread = read_seq > room.read_seq ? held.room.unread : now.unread;
  const next = { ...now, read_seq, unread };
  // The answer has the last message as it was sent, not as it stands.
  if (held.room.last_message) next.last_message = held.room.last_message;
  return countUnread({ ...held, room: next, head: Math.max(held.head, room.last_seq) }, me);
};

/** Takes one event of the log. Repeats change nothing; one that is ahead only tells how far the log goes. */
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

/** A change is held in the message that it is about, and in no place of its own. */
const applyChange = (held: RoomState, change: Change, me: string): RoomState => {
  const apply = (entry: Entry): Entry => (entry.type === "message" ? changed(entry, change, me) : entry);
  const { last_message, ...rest } = held.room;
  const room: Room = { ...rest, last_seq: change.seq };
  if (last_message?.type === "message") room.last_message = changed(asMessage(last_message), change, me);
  return { ...held, room, events: held.events.map(apply), recent: remember(held.recent, change) };
};

const remember = ({ after, changes }: RecentChanges, change: Change): RecentChanges => {
  // After a deletion nothing is kept of what was there before.
  const before =
    change.type === "delete" ? changes.filter(({ target }) => target !== change.target) : changes;
  const next = [...before, change];
  const [first] = next;
  if (!first || next.length <= CHANGES_KEPT) return { after, changes: next };
  return { after: first.seq, changes: next.slice(1) };
};

/** The log goes at least this far. */
export const heardOf = (held: RoomState, seq: number): RoomState =>
  seq > held.head ? { ...held, head: seq } : held;

const nextRoom = (room: Room, event: Entry, me: string): Room => {
  const next = { ...room, last_seq: event.seq };
  switch (event.type) {
    case "message":
      next.last_message = event;
      // Whoever says something has read what came before it; the server moves the cursor likewise.
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
      // A newer server may know more types; they only take their place in the count.
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
 * Puts older history on top. An answer to a question that no longer fits what is held is dropped, and so is one that is
 * older than the changes that are remembered.
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

/** The server tells the last message as it was sent; here it is as it stands. */
const withLastMessage = ({ room, events }: RoomState): Room => {
  const last = events.findLast((entry) => entry.type === "message");
  return last && last.seq === room.last_message?.seq ? { ...room, last_message: last } : room;
};

/** My own read cursor moves: forward only, here or on another of my devices. */
export const readUpTo = (held: RoomState, seq: number, me: string): RoomState => {
  if (seq <= held.room.read_seq) return held;
  return countUnread({ ...held, room: { ...held.room, read_seq: seq } }, me);
};

/** My own cursor as the server tells it, with a count for what is not held here. */
export const takeUnread = (
  held: RoomState,
  { read_seq, unread }: { readonly read_seq: number; readonly unread: number },
  me: string,
): RoomState => {
  const { room } = held;
  if (!Number.isSafeInteger(read_seq) || read_seq <= room.read_seq) return held;
  // A count that knows of less than I do is only where to begin: messages that came since are counted by myself.
  return countUnread({ ...held, room: { ...room, read_seq, unread: Math.min(unread, room.unread) } }, me);
};

/** Another's read cursor moves. */
export const othersRead = (held: RoomState, name: string, seq: number): RoomState =>
  seq <= (held.reads[name] ?? 0) ? held : { ...held, reads: { ...held.reads, [name]: seq } };

/** Counts again what is unread, as far as what is held can tell. My own messages are never unread to me. */
const countUnread = (held: RoomState, me: string): RoomState => {
  const { room, events, from } = held;
  if (room.read_seq >= room.last_seq) return { ...held, room: { ...room, unread: 0 } };
  if (from > room.read_seq + 1) return held;
  const unread = events.filter(
    (event) => event.type === "message" && event.seq > room.read_seq && event.sender !== me,
  ).length;
  return { ...held, room: { ...room, unread } };
};

/** Lets go of old events of a room that nobody looks at. */
export const trim = (held: RoomState): RoomState => {
  if (held.events.length <= KEPT_WHEN_CLOSED) return held;
  const events = held.events.slice(-KEPT_WHEN_CLOSED / 2);
  return { ...held, events, from: events[0]?.seq ?? held.room.last_seq + 1 };
};

/** Is something missing between what is held and what was heard of? */
export const hasGap = (held: RoomState): boolean => held.head > held.room.last_seq;
