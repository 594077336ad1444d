import type { Event, Member, Messages, Room } from "@chinwag/protocol";
import { CHANGES_KEPT, KEPT_AROUND, KEPT_WHEN_CLOSED, KEPT_WHEN_OPEN } from "./limits.ts";
import {
  append,
  change,
  emptyLog,
  entriesIn,
  entriesOf,
  insert,
  keepOnly,
  type Log,
  segmentAt,
  sizeOf,
} from "./log.ts";
import { asEntry, asMessage, type Change, changed, type Entry, isChange } from "./message.ts";
import type { RecentChanges, RoomState } from "./model.ts";

/** A stretch of history from the server: every message and note in it, in its state at `last_seq`. */
export interface Stretch {
  readonly epoch: Messages["epoch"];
  /** The end of the log at the time of the response: later changes may be missing from the messages. */
  readonly last_seq: number;
  readonly from: number;
  readonly to: number;
  readonly entries: readonly Entry[];
}

/** The state of a room of which nothing is held yet. */
export const freshRoom = (room: Room): RoomState => ({
  room,
  log: emptyLog,
  applied: room.last_seq,
  head: room.last_seq,
  reads: new Map(),
  members: undefined,
  recent: { after: room.last_seq, changes: [] },
});

/**
 * Applies the server's information about a room. It may be older than events that arrived meanwhile, so numbers never
 * decrease. What is held of the log stays; what is missing at its end is fetched when the room is on screen.
 */
export const mergeRoom = (held: RoomState | undefined, room: Room, me: string): RoomState => {
  if (!held || held.room.epoch !== room.epoch) return freshRoom(room);
  const head = Math.max(held.head, room.last_seq);
  const read_seq = Math.max(held.room.read_seq, room.read_seq);
  if (room.last_seq > held.room.last_seq) {
    // Read further than the server knows: at most everything new is unread.
    const most = held.room.unread + (room.last_seq - held.room.last_seq);
    const unread = read_seq > room.read_seq ? Math.min(most, room.unread) : room.unread;
    const next = countUnread({ ...held, room: { ...room, read_seq, unread }, head }, me);
    return held.log.segments.length > 0 ? next : startAt(next, room.last_seq);
  }
  // Fields that events change are taken from the response only if it has the same seq; otherwise they would count
  // twice.
  const now = room.last_seq === held.room.last_seq ? room : { ...held.room, owner: room.owner };
  const unread = read_seq > room.read_seq ? held.room.unread : now.unread;
  const next = { ...now, read_seq, unread };
  // The response has the last message as it was sent, without later changes.
  if (held.room.last_message) next.last_message = held.room.last_message;
  return countUnread({ ...held, room: next, head }, me);
};

/** Drops what is held of the log, which then begins after `seq`. */
const startAt = (held: RoomState, seq: number): RoomState => ({
  ...held,
  log: emptyLog,
  applied: seq,
  recent: { after: seq, changes: [] },
});

/** Starts the log over at the newest known event: there is too much between what is held and that. */
export const startOver = (held: RoomState): RoomState => startAt(held, held.room.last_seq);

/** Applies an event. A repetition has no effect; an event beyond the next one only moves `head`. */
export const applyEvent = (held: RoomState, event: Event, me: string): RoomState => {
  const next = heardOf(applyToRoom(applyToLog(held, event, me), event, me), event.seq);
  const isBehind = held.applied < held.room.last_seq;
  return isBehind && next.applied === next.room.last_seq ? agree(next, me) : next;
};

const applyToLog = (held: RoomState, event: Event, me: string): RoomState => {
  // The room's information came before its last event.
  if (event.seq === held.applied && !isChange(event) && !liveSegment(held))
    return { ...held, log: append(held.log, event.seq, asEntry(event)) };
  if (event.seq !== held.applied + 1) return held;
  const next = { ...held, applied: event.seq };
  if (isChange(event)) {
    const log = change(append(held.log, event.seq, undefined), event, me);
    return { ...next, log, recent: remember(held.recent, event) };
  }
  const log = append(held.log, event.seq, asEntry(event));
  return { ...next, log, members: nextMembers(held.members, event) };
};

const applyToRoom = (held: RoomState, event: Event, me: string): RoomState => {
  const { room } = held;
  if (event.seq !== room.last_seq + 1) return held;
  if (!isChange(event)) return { ...held, room: nextRoom(room, event, me) };
  const { last_message, ...rest } = room;
  const next: Room = { ...rest, last_seq: event.seq };
  if (last_message?.type === "message") next.last_message = changed(asMessage(last_message), event, me);
  return { ...held, room: next };
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

const nextRoom = (room: Room, event: Exclude<Event, Change>, me: string): Room => {
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

const nextMembers = (members: readonly Member[] | undefined, event: Event): readonly Member[] | undefined => {
  if (!members) return members;
  if (event.type === "leave") return members.filter((member) => member.name !== event.name);
  if (event.type !== "join" || members.some((member) => member.name === event.name)) return members;
  return [...members, { name: event.name, owner: false, read_seq: 0 }].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
};

/** Whether a stretch can be added to what is held: it is of the same log, and not older than the remembered changes. */
export const fits = (held: RoomState, { epoch, last_seq }: Pick<Stretch, "epoch" | "last_seq">): boolean =>
  held.room.epoch === epoch && last_seq >= held.recent.after;

/** Adds a stretch of history. One that does not fit is dropped, and so is what lies behind the events applied so far. */
export const addStretch = (held: RoomState, stretch: Stretch, me: string): RoomState => {
  if (!fits(held, stretch)) return held;
  const part = { from: stretch.from, to: Math.min(stretch.to, held.applied) };
  const entries = stretch.entries.map((entry) =>
    entry.type === "message"
      ? held.recent.changes.reduce((message, change) => changed(message, change, me), entry)
      : entry,
  );
  return agree({ ...held, log: insert(held.log, part, entries) }, me);
};

/** Brings what the list shows in line with the log, which is more exact as far as it is held. */
const agree = (held: RoomState, me: string): RoomState =>
  countUnread({ ...held, room: withLastMessage(held) }, me);

/** The segment that reaches the newest event, if there is one and nothing is missing. */
export const liveSegment = (held: RoomState) => segmentAt(held.log, held.applied);

/** Replaces the last message, which the server sends without later changes, with its current state. */
const withLastMessage = (held: RoomState): Room => {
  const live = held.applied === held.room.last_seq ? liveSegment(held) : undefined;
  const last = live && entriesIn(held.log, live).findLast((entry) => entry.type === "message");
  return last && last.seq === held.room.last_message?.seq ? { ...held.room, last_message: last } : held.room;
};

/** Moves my own read cursor, forward only, whether it was moved here or on another device. */
export const readUpTo = (held: RoomState, seq: number, me: string): RoomState => {
  if (seq <= held.room.read_seq) return held;
  return countUnread({ ...held, room: { ...held.room, read_seq: seq } }, me);
};

/**
 * Applies my read cursor from the server, with its unread count for events that are not held. The same cursor again may
 * come with a lower count, where mine was only an estimate.
 */
export const takeUnread = (
  held: RoomState,
  { read_seq, unread }: { readonly read_seq: number; readonly unread: number },
  me: string,
): RoomState => {
  const { room } = held;
  if (!Number.isSafeInteger(read_seq) || !Number.isSafeInteger(unread)) return held;
  if (read_seq < room.read_seq || (read_seq === room.read_seq && unread >= room.unread)) return held;
  // The server's count may be outdated: messages that arrived since are counted from the events held.
  return countUnread({ ...held, room: { ...room, read_seq, unread: Math.min(unread, room.unread) } }, me);
};

/** Moves another person's read cursor. */
export const othersRead = (held: RoomState, name: string, seq: number): RoomState =>
  seq <= (held.reads.get(name) ?? 0) ? held : { ...held, reads: new Map(held.reads).set(name, seq) };

/** Recounts unread messages, if the log is held from the read cursor to its end. My own messages never count. */
const countUnread = (held: RoomState, me: string): RoomState => {
  const { room, log } = held;
  if (room.read_seq >= room.last_seq) return { ...held, room: { ...room, unread: 0 } };
  const live = held.applied === room.last_seq ? liveSegment(held) : undefined;
  if (!live || live.from > room.read_seq + 1) return held;
  const part = { from: Math.max(live.from, room.read_seq + 1), to: live.to };
  const unread = entriesIn(log, part).filter(
    (entry) => entry.type === "message" && entry.sender !== me,
  ).length;
  return { ...held, room: { ...room, unread } };
};

/** Whether more is held than a view needs. */
export const isTooLarge = (log: Log): boolean => sizeOf(log) > KEPT_WHEN_OPEN;

/** Drops what is far from the end. */
export const trim = (held: RoomState): RoomState => {
  const live = liveSegment(held);
  if (!live) return held.log.segments.length === 0 ? held : startAt(held, held.room.last_seq);
  if (held.log.segments.length === 1 && sizeOf(held.log) <= 2 * KEPT_WHEN_CLOSED) return held;
  const newest = entriesIn(held.log, live).at(-KEPT_WHEN_CLOSED);
  return withLog(held, keepOnly(held.log, [newest ? { from: newest.seq, to: live.to } : live]));
};

/**
 * Drops what is far from `around` (a seq) on one side of it, once more is held than {@link KEPT_WHEN_OPEN}; the newest
 * entries stay.
 */
export const trimAround = (held: RoomState, around: number, side: "older" | "newer"): RoomState => {
  const entries = entriesOf(held.log);
  if (entries.length <= KEPT_WHEN_OPEN) return held;
  const found = entries.findIndex(({ seq }) => seq >= around);
  const at = found < 0 ? entries.length - 1 : found;
  const [first, last] = [entries[at - KEPT_AROUND], entries[at + KEPT_AROUND]];
  if (side === "older")
    return first ? withLog(held, keepOnly(held.log, [{ from: first.seq, to: held.applied }])) : held;
  const newest = entries.at(-KEPT_WHEN_CLOSED);
  // Nothing is between what stays around the seq and the newest entries.
  if (!last || !newest || entries.length - KEPT_WHEN_CLOSED <= at + KEPT_AROUND + 1) return held;
  const parts = [
    { from: 0, to: last.seq },
    { from: newest.seq, to: held.applied },
  ];
  return withLog(held, keepOnly(held.log, parts));
};

const withLog = (held: RoomState, log: Log): RoomState => ({ ...held, log });

/** Whether events are missing between the log that is held and the latest known seq. */
export const hasGap = (held: RoomState): boolean => held.head > held.applied;

/** Whether what the list shows is older than the latest known event. */
export const isOutdated = (held: RoomState): boolean => held.head > held.room.last_seq;
