import assert from "node:assert/strict";
import type { Event } from "@chinwag/protocol";
import { type Chunk, chunkOf, chunksIn, type Log } from "../log.ts";
import { isChange } from "../message.ts";
import type { OutboxEntry, RoomState } from "../model.ts";
import { createLayout, type Row } from "../timeline.ts";
import { ME } from "./events.ts";

/** Events change only the chunks that they concern: their own, their target's, and those that quote what is deleted. */
export const checkChunks = (before: Log, after: Log, events: readonly Event[]): void => {
  const concerned = new Set<number>();
  for (const event of events) {
    concerned.add(chunkOf(event.seq));
    if (isChange(event)) concerned.add(chunkOf(event.target));
    if (event.type !== "delete") continue;
    for (const [index, chunk] of before.chunks) if (chunk.some(quotes(event.target))) concerned.add(index);
  }
  for (const [index, chunk] of before.chunks)
    if (!concerned.has(index)) assert.equal(after.chunks.get(index), chunk, `chunk ${index} is the same`);
};

const quotes = (target: number) => (entry: Chunk[number]) =>
  entry.type === "message" && entry.original_message?.seq === target;

interface Drawn {
  readonly parts: readonly Chunk[];
  readonly rows: readonly Row[];
  readonly newAfter: number | undefined;
}

const READER = { me: ME, direct: false, dayOf: (at: Date): string => at.toISOString().slice(0, 15) };

/** Draws a room again and again, with one layout. */
export class Drawing {
  readonly #layout = createLayout(READER);
  #last: readonly Drawn[] = [];

  /** The rows equal those of a new layout, and those of the same chunks are the same objects as last time. */
  check({ log }: RoomState, outbox: readonly OutboxEntry[], newAfter: number | undefined): void {
    this.#last = log.segments.map((segment) => {
      const input = { log, segment, outbox, newAfter };
      const rows = this.#layout(input);
      assert.deepEqual(rows, createLayout(READER)(input));
      const drawn = { parts: chunksIn(log, segment), rows, newAfter };
      for (const last of this.#last) checkSame(last, drawn);
      return drawn;
    });
  }
}

/** Rows of the chunks with which both begin; the row at the end depends on what follows. */
const checkSame = (last: Drawn, now: Drawn): void => {
  if (last.newAfter !== now.newAfter) return;
  const differs = now.parts.findIndex((part, at) => part !== last.parts[at]);
  const same = differs < 0 ? now.parts.length : differs;
  const end = now.parts[same - 1]?.at(-1)?.seq ?? 0;
  const isSame = (row: Row) => seqOf(row) < end;
  const [then, still] = [last.rows.filter(isSame), now.rows.filter(isSame)];
  assert.equal(still.length, then.length);
  for (const [at, row] of still.entries()) assert.equal(row, then[at], "the row is the same object");
};

const seqOf = (row: Row): number =>
  row.kind === "message" ? row.event.seq : row.kind === "note" ? (row.notes.at(-1)?.seq ?? 0) : Infinity;
