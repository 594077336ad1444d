import type { Message } from "@chinwag/protocol";
import { describe, expect, it } from "vitest";
import { CHUNK } from "./limits.ts";
import { append, change, emptyLog, insert, type Log, type Segment } from "./log.ts";
import type { Entry } from "./message.ts";
import type { OutboxEntry } from "./model.ts";
import { header, messageEvent, outboxEntry } from "./testing/events.ts";
import { createLayout, type Row } from "./timeline.ts";

const at = (minutes: number): string => new Date(Date.UTC(2026, 10, 22, 10, minutes)).toISOString();
/** Minutes until the next day begins. */
const MIDNIGHT = 60 * 14;

const says = (seq: number, sender: string, minutes: number): Message => ({
  ...messageEvent(seq, sender),
  sent_at: at(minutes),
  changed_seq: seq,
});

const joins = (seq: number, name: string, minutes: number): Entry => ({
  ...header(seq, name),
  sent_at: at(minutes),
  type: "join",
  name,
});

const waiting = (msg_id: string, minutes: number): OutboxEntry => ({
  ...outboxEntry(msg_id),
  created_at: Date.parse(at(minutes)),
});

interface More {
  readonly outbox?: OutboxEntry[];
  readonly newAfter?: number;
  readonly segment?: Segment;
}

/** A room's rows, by one layout. */
const layout = (direct = false) => {
  const lay = createLayout({ me: "ana", direct, dayOf: (time) => time.toISOString().slice(0, 10) });
  return (log: Log, { outbox = [], newAfter, segment }: More = {}): Row[] =>
    lay({ log, segment: segment ?? log.segments[0] ?? { from: 1, to: 0 }, outbox, newAfter });
};

const logOf = (events: readonly Entry[]): Log => {
  const [from, to] = [events[0]?.seq ?? 1, events.at(-1)?.seq ?? 0];
  return insert(emptyLog, { from, to }, events);
};

const lay = (events: readonly Entry[], more?: More): Row[] => layout()(logOf(events), more);
const kinds = (rows: readonly Row[]) => rows.map(({ kind }) => kind);

describe("rows", () => {
  it("group the messages of one person within five minutes", () => {
    const rows = lay([says(2, "bo", 0), says(3, "bo", 4), says(4, "bo", 9), says(5, "ana", 10)]);
    expect(rows.map((row) => (row.kind === "message" ? [row.head, row.tail, row.mine] : row.kind))).toEqual([
      "day",
      [true, false, false],
      [false, true, false],
      [true, true, false],
      [true, true, true],
    ]);
  });

  it("separate days, and begin a group anew after each", () => {
    const rows = lay([says(2, "bo", 0), says(3, "bo", MIDNIGHT - 1), says(4, "bo", MIDNIGHT)]);
    expect(kinds(rows)).toEqual(["day", "message", "message", "day", "message"]);
    expect(rows[4]).toMatchObject({ head: true });
  });

  it("put the new-messages line above the first new message of somebody else", () => {
    const log = [says(2, "bo", 0), says(3, "ana", 1), says(4, "ana", 1), says(5, "bo", 2), says(6, "bo", 2)];
    const rows = lay(log, { newAfter: 2 });
    expect(kinds(rows)).toEqual(["day", "message", "message", "message", "new", "message", "message"]);
    expect([rows[5], rows[6]]).toMatchObject([{ head: true }, { head: false }]);
    expect(kinds(lay([...log.slice(0, 1), says(3, "bo", 1)], { newAfter: 2 }))).toEqual([
      "day",
      "message",
      "new",
      "message",
    ]);
    expect(kinds(lay(log, { newAfter: 6 }))).not.toContain("new");
  });

  it("share one line among those who come and go together", () => {
    const rows = lay([joins(2, "bo", 0), joins(3, "cyd", 1), says(4, "bo", 2), joins(5, "dee", 3)]);
    expect(rows.map((row) => (row.kind === "note" ? row.notes.length : row.kind))).toEqual([
      "day",
      2,
      "message",
      1,
    ]);
  });

  it("tell when those came who came first, and others apart", () => {
    const rows = lay([joins(2, "bo", 0), joins(3, "cyd", 1), joins(4, "dee", 50)]);
    const notes = rows.flatMap((row) => (row.kind === "note" ? [row] : []));
    expect(notes.map(({ notes, at }) => [notes.length, at])).toEqual([
      [2, joins(2, "bo", 0).sent_at],
      [1, joins(4, "dee", 50).sent_at],
    ]);
  });

  it("keep a message's key from the outbox to the log", () => {
    const before = lay([says(2, "bo", 0)], { outbox: [waiting("id-3", 1)] }).at(-1);
    const after = lay([says(2, "bo", 0), says(3, "ana", 1)]).at(-1);
    expect([before?.kind, after?.kind]).toEqual(["pending", "message"]);
    expect(before?.key).toBe(after?.key);
  });

  it("group what waits with my last messages", () => {
    const outbox = [waiting("a", 2), waiting("b", 3), waiting("c", 9)];
    const rows = lay([says(2, "ana", 0), says(3, "ana", 1)], { outbox });
    const ends = rows.flatMap((row) => ("head" in row ? [[row.head, row.tail]] : []));
    expect(ends).toEqual([
      [true, false],
      [false, false],
      [false, false],
      [false, true],
      [true, true],
    ]);
    expect(lay([says(2, "bo", 0)], { outbox }).at(2)).toMatchObject({ kind: "pending", head: true });
  });

  it("leave out who created a direct conversation and who joined it", () => {
    expect(kinds(layout(true)(logOf([joins(2, "bo", 0), says(3, "bo", 1)])))).toEqual(["day", "message"]);
  });

  it("never go back a day, whatever the clocks say", () => {
    const log = [says(2, "bo", MIDNIGHT - 1), says(3, "bo", MIDNIGHT), says(4, "bo", MIDNIGHT - 1)];
    const rows = lay(log, { outbox: [waiting("late", 0)] });
    expect(kinds(rows)).toEqual(["day", "message", "day", "message", "message", "pending"]);
  });

  it("are under the day of those before, if a time can't be read", () => {
    const rows = lay([says(2, "bo", 0), { ...says(3, "bo", 1), sent_at: "one day" }, says(4, "bo", 2)]);
    expect(kinds(rows)).toEqual(["day", "message", "message", "message"]);
  });

  it("say where the log begins, if that is held", () => {
    const log = insert(logOf([says(1, "bo", 0), says(2, "bo", 1)]), { from: 5, to: 5 }, [says(5, "bo", 2)]);
    expect(kinds(layout()(log))).toEqual(["start", "day", "message", "message"]);
    expect(kinds(layout()(log, { segment: { from: 5, to: 5 } }))).toEqual(["day", "message"]);
    expect(kinds(lay([], {}))).toEqual(["start"]);
  });

  it("have keys of their own, every one", () => {
    const events = [joins(1, "bo", 0), says(2, "bo", 1), says(3, "ana", 2), says(4, "bo", 1000)];
    const outbox = [waiting("a", 1001), waiting("b", 1002)];
    const keys = lay(events, { outbox, newAfter: 2 }).map((row) => row.key);
    expect(keys).toHaveLength(10);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe("rows of several chunks", () => {
  const from = CHUNK - 10;
  const to = 2 * CHUNK + 10;
  const long = () => logOf(Array.from({ length: to - from + 1 }, (_, index) => says(from + index, "bo", 1)));
  const rowOf = (rows: readonly Row[], seq: number) =>
    rows.find((row) => row.kind === "message" && row.event.seq === seq);
  const rowsIn = (rows: readonly Row[], index: number) =>
    rows.filter((row) => row.kind === "message" && Math.floor(row.event.seq / CHUNK) === index);

  it("go on with the groups and the days of the chunk before", () => {
    const rows = layout()(long());
    expect(kinds(rows).filter((kind) => kind !== "message")).toEqual(["day"]);
    const ends = rows.flatMap((row) =>
      row.kind === "message" && (row.head || row.tail) ? [row.event.seq] : [],
    );
    expect(ends).toEqual([from, to]);
  });

  it("are the same objects until they change", () => {
    const lay = layout();
    const log = long();
    const before = lay(log);
    const kept = (rows: readonly Row[]) =>
      [0, 1, 2].map((index) => rowsIn(rows, index).filter((row) => before.includes(row)).length);
    expect(kept(lay(log))).toEqual([10, CHUNK, 11]);
    expect(kept(lay(append(log, to + 1, says(to + 1, "bo", 2))))).toEqual([10, CHUNK, 10]);

    const edit = { ...header(to + 1, "bo"), type: "edit", target: from, text: "better" } as const;
    const edited = lay(change(log, edit, "ana"));
    expect(rowOf(edited, from)).toMatchObject({ event: { text: "better" } });
    expect(kept(edited).slice(0, 2)).toEqual([9, CHUNK]);
  });

  it("have the new-messages line where it is now", () => {
    const lay = layout();
    const log = long();
    const after = (newAfter: number) => {
      const rows = lay(log, { newAfter });
      const line = rows.findIndex(({ kind }) => kind === "new");
      const next = rows[line + 1];
      return [
        next?.kind === "message" ? next.event.seq : undefined,
        kinds(rows).filter((kind) => kind === "new").length,
      ];
    };
    expect(after(from + 2)).toEqual([from + 3, 1]);
    expect(after(CHUNK - 1)).toEqual([CHUNK, 1]);
    expect(after(CHUNK + 5)).toEqual([CHUNK + 6, 1]);
    expect(after(to)).toEqual([undefined, 0]);
  });

  it("belong to the segment that is shown, where two share a chunk", () => {
    const log = insert(logOf([says(2, "bo", 0)]), { from: 5, to: 6 }, [says(5, "bo", 1), says(6, "bo", 2)]);
    const lay = layout();
    const seqs = (segment: Segment) =>
      lay(log, { segment }).flatMap((row) => (row.kind === "message" ? [row.event.seq] : []));
    expect(seqs({ from: 2, to: 2 })).toEqual([2]);
    expect(seqs({ from: 5, to: 6 })).toEqual([5, 6]);
  });
});
