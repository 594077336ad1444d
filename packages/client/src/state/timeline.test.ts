import type { Message } from "@chinwag/protocol";
import { describe, expect, it } from "vitest";
import type { Entry } from "./message.ts";
import type { OutboxEntry } from "./model.ts";
import { rowsOf } from "./timeline.ts";

const at = (minutes: number): string => new Date(Date.UTC(2026, 10, 22, 10, minutes)).toISOString();

const says = (seq: number, sender: string, minutes: number): Message => ({
  seq,
  topic: "general",
  sender,
  sent_at: at(minutes),
  type: "message",
  msg_id: `id-${seq}`,
  text: "x",
  changed_seq: seq,
});

const joins = (seq: number, name: string, minutes: number): Entry => ({
  seq,
  topic: "general",
  sender: name,
  sent_at: at(minutes),
  type: "join",
  name,
});

const waiting = (msg_id: string, minutes: number): OutboxEntry => ({
  msg_id,
  account: "ana",
  topic: "general",
  text: "x",
  files: [],
  created_at: Date.parse(at(minutes)),
  status: "pending",
});

const lay = (
  events: Entry[],
  more: { outbox?: OutboxEntry[]; newAfter?: number; complete?: boolean; direct?: boolean } = {},
) =>
  rowsOf({
    events,
    outbox: more.outbox ?? [],
    me: "ana",
    direct: more.direct ?? false,
    complete: more.complete ?? false,
    newAfter: more.newAfter,
    dayOf: (time) => time.toISOString().slice(0, 10),
  });

describe("rows", () => {
  it("group what one person says within five minutes", () => {
    const rows = lay([says(1, "bo", 0), says(2, "bo", 4), says(3, "bo", 10), says(4, "ana", 11)]);
    expect(rows.map((row) => (row.kind === "message" ? [row.head, row.tail, row.mine] : row.kind))).toEqual([
      "day",
      [true, false, false],
      [false, true, false],
      [true, true, false],
      [true, true, true],
    ]);
  });

  it("separate days, and begin a group anew after each", () => {
    const rows = lay([says(1, "bo", 0), says(2, "bo", 60 * 14 - 1), says(3, "bo", 60 * 14)]);
    expect(rows.map((row) => row.kind)).toEqual(["day", "message", "message", "day", "message"]);
    expect(rows[4]).toMatchObject({ head: true });
  });

  it("put the new-messages line above the first unread message of somebody else", () => {
    const rows = lay([says(1, "bo", 0), says(2, "ana", 1), says(3, "bo", 2)], { newAfter: 1 });
    expect(rows.map((row) => row.kind)).toEqual(["day", "message", "message", "new", "message"]);
    expect(rows[4]).toMatchObject({ head: true });
  });

  it("share one quiet line among those who come and go together", () => {
    const rows = lay([joins(1, "bo", 0), joins(2, "cyd", 1), says(3, "bo", 2), joins(4, "dee", 3)]);
    expect(rows.map((row) => (row.kind === "note" ? row.notes.length : row.kind))).toEqual([
      "day",
      2,
      "message",
      1,
    ]);
  });

  it("skip what a newer server may say", () => {
    const strange = { ...says(2, "bo", 1), type: "applause" } as unknown as Entry;
    expect(lay([says(1, "bo", 0), strange, says(3, "bo", 2)]).map((row) => row.kind)).toEqual([
      "day",
      "message",
      "message",
    ]);
  });

  it("keep a message's key from the outbox to the log", () => {
    const before = lay([says(1, "bo", 0)], { outbox: [waiting("id-2", 1)] }).at(-1);
    const after = lay([says(1, "bo", 0), says(2, "ana", 1)]).at(-1);
    expect(before?.kind).toBe("pending");
    expect(after?.kind).toBe("message");
    expect(before?.key).toBe(after?.key);
  });

  it("leave out who made a conversation of two and who came to it", () => {
    const rows = lay([joins(1, "bo", 0), says(2, "bo", 1)], { direct: true });
    expect(rows.map((row) => row.kind)).toEqual(["day", "message"]);
  });

  it("never go back a day, whatever the clocks say", () => {
    const rows = lay([says(1, "bo", 60 * 14 - 1), says(2, "bo", 60 * 14)], { outbox: [waiting("late", 0)] });
    expect(rows.map((row) => row.kind)).toEqual(["day", "message", "day", "message", "pending"]);
  });

  it("have keys of their own, every one", () => {
    const events = [joins(1, "bo", 0), says(2, "bo", 1), says(3, "ana", 2), says(4, "bo", 1000)];
    const keys = lay(events, { outbox: [waiting("a", 1001), waiting("b", 1002)], complete: true }).map(
      (row) => row.key,
    );
    expect(new Set(keys).size).toBe(keys.length);
  });
});
