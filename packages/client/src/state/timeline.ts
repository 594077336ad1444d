import type { EventBody, Message } from "@chinwag/protocol";
import { type Chunk, chunkOf, chunksIn, type Log, type Segment } from "./log.ts";
import type { NoteEvent } from "./message.ts";
import type { OutboxEntry } from "./model.ts";

/** A row of a room's timeline. Keys are stable: a message keeps its key when it moves from the outbox to the log. */
export type Row =
  | { kind: "start"; key: string }
  | { kind: "day"; key: string; day: string }
  | { kind: "new"; key: string }
  | { kind: "note"; key: string; notes: readonly Note[]; at: string }
  | { kind: "message"; key: string; event: Message; mine: boolean; head: boolean; tail: boolean }
  | { kind: "pending"; key: string; entry: OutboxEntry; head: boolean; tail: boolean };

/** A join, a leave or a change of the room. */
export type Note = Extract<EventBody, { type: NoteEvent["type"] }> & { sender: string; seq: number };

/** Within this time (milliseconds), messages of one person are grouped under one name, and notes share a row. */
const TOGETHER = 5 * 60_000;

interface Reader {
  readonly me: string;
  /** In a direct conversation its creation and joins are not shown. */
  readonly direct: boolean;
  /** The day of a time in the reader's time zone. */
  readonly dayOf: (at: Date) => string;
}

interface Input {
  readonly log: Log;
  /** The part of the log to be shown. */
  readonly segment: Segment;
  /** Messages of mine that follow the segment. */
  readonly outbox: readonly OutboxEntry[];
  /** The "new messages" line is above the first message of others after this seq. */
  readonly newAfter: number | undefined;
}

/** What the rows of a chunk depend on: the rows before it. */
interface Before {
  readonly day: string;
  /** Clocks may step back, and the browser's may be behind the server's; a later row never has an earlier day. */
  readonly latest: number;
  /** The sender and the time of the last row, if it is a message. */
  readonly sender: string | undefined;
  readonly at: number;
}

interface Laid {
  readonly before: Before;
  readonly newSeq: number | undefined;
  readonly rows: readonly Row[];
  readonly after: Before;
  /** The last row without the end of its group, once it was needed. */
  open?: Row;
}

const BEGINNING: Row = { kind: "start", key: "start" };

const START: Before = { day: "", latest: 0, sender: undefined, at: 0 };

/**
 * Returns a function that computes the rows of a segment. Each chunk is laid out once: as long as neither it nor what is
 * before it changes, its rows are the same objects.
 */
export const createLayout = (reader: Reader): ((input: Input) => Row[]) => {
  const laid = new WeakMap<Chunk, Laid>();
  /** The latest rows of each chunk, for those that stay the same when it changes. */
  const latest = new Map<number, Laid>();
  return ({ log, segment, outbox, newAfter }) => {
    const rows: Row[] = segment.from <= 1 ? [BEGINNING] : [];
    const parts = chunksIn(log, segment);
    const newSeq = newAfter === undefined ? undefined : firstNew(parts, newAfter, reader.me);
    let before = START;
    let last: Laid | undefined;
    for (const part of parts) {
      const held = laid.get(part);
      const here = isIn(part, newSeq) ? newSeq : undefined;
      const isSame = held && held.newSeq === here && sameBefore(held.before, before);
      const next = isSame
        ? held
        : reuse(latest.get(chunkOf(seqOf(part))), layOut(part, before, here, reader));
      if (!isSame) laid.set(part, next);
      latest.set(chunkOf(seqOf(part)), next);
      if (continues(next.rows[0])) leaveOpen(rows, last);
      for (const row of next.rows) rows.push(row);
      if (next.rows.length > 0) last = next;
      before = next.after;
    }
    addOutbox(rows, last, before, outbox, reader);
    return rows;
  };
};

const seqOf = (part: Chunk): number => part[0]?.seq ?? 0;

/** Keeps the rows that are as before, so that views need not draw them again. */
const reuse = (before: Laid | undefined, now: Laid): Laid => {
  if (!before) return now;
  const held = new Map(before.rows.map((row) => [row.key, row]));
  const rows = now.rows.map((row) => {
    const same = held.get(row.key);
    return same && isSameRow(same, row) ? same : row;
  });
  const isOpenSame = before.open && rows.at(-1) === before.rows.at(-1);
  return { ...now, rows, ...(isOpenSame ? { open: before.open } : {}) };
};

const isSameRow = (one: Row, other: Row): boolean => {
  if (one.kind === "message" && other.kind === "message")
    return one.event === other.event && one.head === other.head && one.tail === other.tail;
  if (one.kind === "note" && other.kind === "note")
    return one.notes.length === other.notes.length && one.notes.every((note, at) => note === other.notes[at]);
  return one.kind === other.kind && (one.kind === "day" || one.kind === "new");
};

const sameBefore = (one: Before, other: Before): boolean =>
  one.day === other.day && one.latest === other.latest && one.sender === other.sender && one.at === other.at;

const isIn = (part: Chunk, seq: number | undefined): boolean =>
  seq !== undefined && (part[0]?.seq ?? 0) <= seq && seq <= (part.at(-1)?.seq ?? 0);

/** The first message of others after `seq`. */
const firstNew = (parts: readonly Chunk[], seq: number, me: string): number | undefined => {
  for (const part of parts) {
    if ((part.at(-1)?.seq ?? 0) <= seq) continue;
    const found = part.find((entry) => entry.type === "message" && entry.sender !== me && entry.seq > seq);
    if (found) return found.seq;
  }
  return undefined;
};

const layOut = (part: Chunk, before: Before, newSeq: number | undefined, reader: Reader): Laid => {
  const rows: Row[] = [];
  let now = before;
  for (const event of part) {
    if (reader.direct && event.type !== "message") continue;
    now = turnDay(rows, now, Date.parse(event.sent_at), reader);
    if (event.seq === newSeq) rows.push({ kind: "new", key: "new" });
    if (event.type === "message") now = addMessage(rows, now, event, reader.me);
    else now = addNote(rows, now, event);
  }
  return { before, newSeq, rows: closeGroups(rows), after: now };
};

const turnDay = (rows: Row[], before: Before, at: number, { dayOf }: Reader): Before => {
  // A time that can't be read must not spoil those of the rows after it.
  const latest = Math.max(before.latest, at || 0);
  const day = dayOf(new Date(latest));
  if (day === before.day) return { ...before, latest };
  rows.push({ kind: "day", key: `day:${day}`, day });
  return { ...before, latest, day, sender: undefined };
};

const keyOf = (sender: string, msg_id: string): string => `m:${sender}:${msg_id}`;

/** Whether a message continues the group of the previous row. */
const follows = (before: Before, sender: string, at: number): boolean =>
  before.sender === sender && at - before.at < TOGETHER;

const addMessage = (rows: Row[], before: Before, event: Message, me: string): Before => {
  const { sender } = event;
  const at = Date.parse(event.sent_at);
  const isNew = rows.at(-1)?.kind === "new";
  const head = isNew || !follows(before, sender, at);
  const key = keyOf(sender, event.msg_id);
  rows.push({ kind: "message", key, event, mine: sender === me, head, tail: true });
  return { ...before, sender, at };
};

/** Joins and leaves that follow each other soon share one row, at the time of the first. */
const addNote = (rows: Row[], before: Before, event: NoteEvent): Before => {
  const last = rows.at(-1);
  if (last?.kind === "note" && Date.parse(event.sent_at) - Date.parse(last.at) < TOGETHER)
    rows[rows.length - 1] = { ...last, notes: [...last.notes, event] };
  else rows.push({ kind: "note", key: `note:${event.seq}`, notes: [event], at: event.sent_at });
  return { ...before, sender: undefined };
};

const addOutbox = (
  rows: Row[],
  last: Laid | undefined,
  before: Before,
  outbox: readonly OutboxEntry[],
  reader: Reader,
): void => {
  const waiting: Row[] = [];
  let now = before;
  for (const entry of outbox) {
    now = turnDay(waiting, now, entry.created_at, reader);
    const head = !follows(now, reader.me, entry.created_at);
    waiting.push({ kind: "pending", key: keyOf(reader.me, entry.msg_id), entry, head, tail: true });
    now = { ...now, sender: reader.me, at: entry.created_at };
  }
  if (continues(waiting[0])) leaveOpen(rows, last);
  for (const row of closeGroups(waiting)) rows.push(row);
};

/** Whether this row is in the same group as the row before it. */
const continues = (row: Row | undefined): boolean =>
  (row?.kind === "message" || row?.kind === "pending") && !row.head;

/** Clears `tail` of rows that are not the last in their group; the last one has a different corner. */
const closeGroups = (rows: readonly Row[]): Row[] =>
  rows.map((row, index) => (continues(rows[index + 1]) ? withoutTail(row) : row));

const withoutTail = (row: Row): Row =>
  row.kind === "message" || row.kind === "pending" ? { ...row, tail: false } : row;

/** The group at the end of a chunk goes on in the next one. */
const leaveOpen = (rows: Row[], laid: Laid | undefined): void => {
  const row = laid?.rows.at(-1);
  if (!laid || !row) return;
  laid.open ??= withoutTail(row);
  rows[rows.length - 1] = laid.open;
};
