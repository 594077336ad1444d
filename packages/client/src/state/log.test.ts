import type { Message } from "@chinwag/protocol";
import { describe, expect, it } from "vitest";
import { CHUNK } from "./limits.ts";
import {
  append,
  change,
  chunksIn,
  emptyLog,
  entriesIn,
  entriesOf,
  entryAt,
  insert,
  keepOnly,
  type Log,
  segmentAt,
  sizeOf,
} from "./log.ts";
import type { Change, Entry } from "./message.ts";
import { header, ME, messageEvent } from "./testing/events.ts";

const message = (seq: number, more: Partial<Message> = {}): Message => ({
  ...messageEvent(seq, "bo"),
  changed_seq: seq,
  ...more,
});

/** The messages from one seq to another. */
const messages = (from: number, to: number): Message[] =>
  Array.from({ length: to - from + 1 }, (_, index) => message(from + index));

const holding = (...stretches: [from: number, to: number][]): Log =>
  stretches.reduce((log, [from, to]) => insert(log, { from, to }, messages(from, to)), emptyLog);

const segments = (log: Log) => log.segments.map(({ from, to }) => [from, to]);
const seqs = (entries: readonly Entry[]) => entries.map(({ seq }) => seq);
const deletion = (seq: number, target: number): Change => ({ ...header(seq, "bo"), type: "delete", target });

describe("the segments of a log", () => {
  it("are in order, whatever order they come in, and join where they touch", () => {
    expect(segments(holding([10, 12], [1, 2], [20, 25], [5, 6]))).toEqual([
      [1, 2],
      [5, 6],
      [10, 12],
      [20, 25],
    ]);
    expect(segments(holding([1, 3], [7, 9], [4, 6]))).toEqual([[1, 9]]);
    expect(segments(holding([1, 3], [5, 9], [2, 6]))).toEqual([[1, 9]]);
    expect(segments(holding([4, 6], [1, 9]))).toEqual([[1, 9]]);
    expect(segments(holding([1, 3], [5, 9]))).toEqual([
      [1, 3],
      [5, 9],
    ]);
  });

  it("grow by the next event, also by one without an entry", () => {
    const log = append(append(append(emptyLog, 5, message(5)), 6, undefined), 7, message(7));
    expect(segments(log)).toEqual([[5, 7]]);
    expect(seqs(entriesOf(log))).toEqual([5, 7]);
    expect(segments(append(log, 9, message(9)))).toEqual([
      [5, 7],
      [9, 9],
    ]);
  });

  it("are found by a seq", () => {
    const log = holding([1, 3], [5, 9]);
    expect([3, 4, 5, 9, 10].map((seq) => segmentAt(log, seq)?.from)).toEqual([1, undefined, 5, 5, undefined]);
  });

  it("take from a stretch only what lies in it, and nothing from an empty one", () => {
    const log = insert(emptyLog, { from: 3, to: 4 }, messages(1, 6));
    expect(seqs(entriesOf(log))).toEqual([3, 4]);
    expect(insert(log, { from: 9, to: 8 }, [])).toBe(log);
  });
});

describe("the chunks of a log", () => {
  const [mid, end] = [CHUNK * 1.5, CHUNK * 3];

  it("are the same however it was loaded", () => {
    const whole = holding([1, end]);
    const pieces = holding([mid, end], [1, mid - 10], [mid - 20, mid]);
    expect(pieces).toEqual(whole);
    expect([...whole.chunks.keys()]).toEqual([0, 1, 2, 3]);
    expect(sizeOf(whole)).toBe(end);
  });

  it("are parted where two segments share one", () => {
    const log = holding([1, 10], [20, mid]);
    expect(seqs(entriesIn(log, { from: 1, to: 10 }))).toEqual(seqs(messages(1, 10)));
    expect(seqs(entriesIn(log, { from: 20, to: mid }))).toEqual(seqs(messages(20, mid)));
    expect(chunksIn(log, { from: 20, to: mid })).toHaveLength(2);
    expect(seqs(entriesOf(log))).toEqual(seqs([...messages(1, 10), ...messages(20, mid)]));
  });

  it("stay the same array unless they change", () => {
    const log = holding([1, end]);
    const one = log.chunks.get(1);
    expect(append(log, end + 1, message(end + 1)).chunks.get(1)).toBe(one);
    expect(insert(log, { from: mid - 5, to: mid + 5 }, messages(mid - 5, mid + 5)).chunks.get(1)).toBe(one);
    const edit: Change = { ...header(end + 1, "bo"), type: "edit", target: 1, text: "better" };
    const edited = change(log, edit, ME);
    expect(edited.chunks.get(1)).toBe(one);
    expect(edited.chunks.get(0)).not.toBe(log.chunks.get(0));
    expect(entryAt(edited, 1)).toMatchObject({ text: "better", changed_seq: end + 1 });
    expect(change(edited, edit, ME)).toBe(edited);
    expect(change(log, { ...edit, target: end + 7 }, ME)).toBe(log);
  });

  it("lose their quotes of a deleted message, wherever they are", () => {
    const quote = { seq: 1, sender: "bo", text: "text 1" };
    const log = append(holding([1, end]), end + 1, message(end + 1, { original_message: quote }));
    const next = change(log, deletion(end + 2, 1), ME);
    expect(entryAt(next, end + 1)).toMatchObject({ original_message: { ...quote, text: "" } });
    expect(entryAt(next, 1)).toMatchObject({ text: "", deleted: { seq: end + 2, by: "bo" } });
    expect([next.chunks.get(1), next.chunks.get(2)]).toEqual([log.chunks.get(1), log.chunks.get(2)]);
    expect(next.chunks.get(1)).toBe(log.chunks.get(1));
  });
});

describe("two versions of a message", () => {
  const insertBoth = (...versions: Message[]) =>
    entryAt(
      versions.reduce((log, version) => insert(log, { from: 1, to: 3 }, [version]), emptyLog),
      2,
    );

  it("are the later one, in whatever order they come", () => {
    const [early, late] = [message(2), message(2, { text: "better", changed_seq: 9 })];
    expect(insertBoth(early, late)).toEqual(late);
    expect(insertBoth(late, early)).toEqual(late);
  });

  it("have an erased quote if one of them has it, although that does not count as a change", () => {
    const quote = { seq: 1, sender: "bo", text: "text 1" };
    const early = message(2, { original_message: { ...quote, text: "" } });
    const late = message(2, { original_message: quote, text: "better", changed_seq: 9 });
    const both = { ...late, original_message: { ...quote, text: "" } };
    expect(insertBoth(early, late)).toEqual(both);
    expect(insertBoth(late, early)).toEqual(both);
  });
});

describe("what is kept of a log", () => {
  it("are the given stretches of what is held", () => {
    const log = holding([1, 10], [20, CHUNK + 10]);
    const kept = keepOnly(log, [
      { from: 5, to: 25 },
      { from: CHUNK, to: CHUNK + 99 },
    ]);
    expect(segments(kept)).toEqual([
      [5, 10],
      [20, 25],
      [CHUNK, CHUNK + 10],
    ]);
    expect(seqs(entriesOf(kept))).toEqual(
      seqs([...messages(5, 10), ...messages(20, 25), ...messages(CHUNK, CHUNK + 10)]),
    );
    expect(kept.chunks.get(1)).toBe(log.chunks.get(1));
    expect(keepOnly(log, [])).toEqual(emptyLog);
  });
});
