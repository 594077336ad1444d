import type { Event, EventBody, Message } from "@chinwag/protocol";
import type { Entry } from "./message.ts";
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
export type Note = Extract<EventBody, { type: NoteType }> & { sender: string; seq: number };

type NoteType = "join" | "leave" | "room";

/** Messages of one person within this time (milliseconds) are grouped under one name. */
const TOGETHER = 5 * 60_000;

interface Input {
  readonly events: readonly Entry[];
  readonly outbox: readonly OutboxEntry[];
  readonly me: string;
  /** In a direct conversation its creation and joins are not shown. */
  readonly direct: boolean;
  /** Whether the whole history is held. */
  readonly complete: boolean;
  /** The "new messages" line is above the first message of others after this seq. */
  readonly newAfter: number | undefined;
  /** The day of a time in the reader's time zone. */
  readonly dayOf: (at: Date) => string;
}

/** Computes the rows for a room's events and its entries in the outbox. */
export const rowsOf = ({ events, outbox, me, direct, complete, newAfter, dayOf }: Input): Row[] => {
  const rows: Row[] = complete ? [{ kind: "start", key: "start" }] : [];
  let day = "";
  // Clocks may step back, and the browser's may be behind the server's; a later row never has an earlier day.
  let latest = 0;
  let marked = newAfter === undefined;
  const turn = (at: number) => {
    latest = Math.max(latest, at);
    const today = dayOf(new Date(latest));
    if (today !== day) rows.push({ kind: "day", key: `day:${today}`, day: today });
    day = today;
  };
  for (const event of events) {
    if (!isDrawn(event) || (direct && event.type !== "message")) continue;
    turn(Date.parse(event.sent_at));
    if (!marked && event.type === "message" && event.sender !== me && event.seq > (newAfter ?? 0)) {
      rows.push({ kind: "new", key: "new" });
      marked = true;
    }
    if (event.type === "message") rows.push(messageRow(rows, event, me));
    else addNote(rows, event);
  }
  for (const entry of outbox) {
    turn(entry.created_at);
    const head = !follows(rows.at(-1), me, entry.created_at);
    rows.push({ kind: "pending", key: keyOf(me, entry.msg_id), entry, head, tail: true });
  }
  return closeGroups(rows);
};

const keyOf = (sender: string, msg_id: string): string => `m:${sender}:${msg_id}`;

type DrawnEntry = Extract<Entry, { type: "message" | NoteType }>;

const DRAWN: readonly string[] = ["message", "join", "leave", "room"] satisfies DrawnEntry["type"][];

const isDrawn = (event: Entry): event is DrawnEntry => DRAWN.includes(event.type);

const messageRow = (rows: readonly Row[], event: Message, me: string): Row => ({
  kind: "message",
  key: keyOf(event.sender, event.msg_id),
  event,
  mine: event.sender === me,
  head: !follows(rows.at(-1), event.sender, Date.parse(event.sent_at)),
  tail: true,
});

/** Whether a message continues the group of the previous row. */
const follows = (row: Row | undefined, sender: string, at: number): boolean => {
  if (row?.kind === "pending") return at - row.entry.created_at < TOGETHER;
  if (row?.kind !== "message" || row.event.sender !== sender) return false;
  return at - Date.parse(row.event.sent_at) < TOGETHER;
};

/** Consecutive joins and leaves share one row. */
const addNote = (rows: Row[], event: Extract<Event, { type: NoteType }>): void => {
  const last = rows.at(-1);
  if (last?.kind === "note")
    rows[rows.length - 1] = { ...last, notes: [...last.notes, event], at: event.sent_at };
  else rows.push({ kind: "note", key: `note:${event.seq}`, notes: [event], at: event.sent_at });
};

/** Clears `tail` of rows that are not the last in their group; the last one has a different corner. */
const closeGroups = (rows: Row[]): Row[] =>
  rows.map((row, index) => {
    const next = rows[index + 1];
    const goesOn = (next?.kind === "message" || next?.kind === "pending") && !next.head;
    return goesOn && (row.kind === "message" || row.kind === "pending") ? { ...row, tail: false } : row;
  });
