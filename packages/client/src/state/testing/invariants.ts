// Node's assertions are fast enough to be made at each step of each path.
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Event } from "@chinwag/protocol";
import { chunkOf, entriesIn, type Log, type Segment } from "../log.ts";
import type { Entry } from "../message.ts";
import type { RoomState } from "../model.ts";
import { liveSegment } from "../room.ts";
import type { Server } from "./server.ts";

/** What holds of a room at every moment, whatever happened before. */
export const checkRoom = (held: RoomState, server: Server): void => {
  const { room, applied, head, log } = held;
  assert.ok(applied <= room.last_seq, "the list is not behind the log");
  assert.ok(room.last_seq <= head && head <= server.last_seq, "the head is known");
  checkShape(log, applied);
  for (const segment of log.segments) checkContent(log, segment, applied, server);
  checkList(held, server);
};

/** Segments are in order and apart, and each entry is in its chunk and in a segment. */
const checkShape = ({ segments, chunks }: Log, applied: number): void => {
  let end = -1;
  for (const { from, to } of segments) {
    assert.ok(end + 1 < from, "segments are in order and do not touch each other");
    assert.ok(from <= to, "no segment is empty");
    end = to;
  }
  assert.ok(end <= applied, "nothing is held beyond what is applied");
  for (const [index, chunk] of chunks) {
    assert.ok(chunk.length > 0, "no chunk is empty");
    let last = 0;
    for (const { seq } of chunk) {
      assert.ok(last < seq, "entries are in order");
      assert.equal(chunkOf(seq), index, "each entry is in its chunk");
      assert.ok(
        segments.some(({ from, to }) => from <= seq && seq <= to),
        "each entry is in a segment",
      );
      last = seq;
    }
  }
};

/** A segment has exactly the server's messages and notes. */
const checkContent = (log: Log, segment: Segment, applied: number, server: Server): void => {
  const held = entriesIn(log, segment);
  const isInside = (seq: number) => segment.from <= seq && seq <= segment.to;
  const wanted = [...server.state().keys()].filter(isInside);
  assert.deepEqual(
    held.map(({ seq }) => seq),
    wanted,
  );
  for (const entry of held)
    if (!isCurrent(entry, applied, server)) assert.deepEqual(entry, server.state(applied).get(entry.seq));
};

/**
 * Whether an entry is in its state at `applied`; or, as pages may be ahead of the events, in a later one. The log has
 * the edits of a deleted message without their texts.
 */
const isCurrent = (entry: Entry, applied: number, server: Server): boolean => {
  const last = server.state().get(entry.seq);
  const isErased = last?.type === "message" && last.deleted !== undefined;
  const isErasedEdit = isErased && entry.type === "message" && entry.edited && entry.text === "";
  for (let at = applied; at <= server.last_seq; at += 1) {
    const there = server.state(at).get(entry.seq);
    if (!there) continue;
    if (isDeepStrictEqual(there, entry) || isDeepStrictEqual(sorted(there), sorted(entry))) return true;
    if (isErasedEdit && isDeepStrictEqual(sorted({ ...there, text: "" } as Entry), sorted(entry)))
      return true;
  }
  return false;
};

/** What the list shows is right as of the room's last seq. */
const checkList = (held: RoomState, server: Server): void => {
  const { room, applied } = held;
  const { members, title, last_message } = server.roomAt(room.last_seq);
  assert.equal(room.members, members, "members");
  assert.equal(room.title, title, "title");
  assert.equal(room.last_message?.seq, last_message?.seq, "last message");
  if (room.last_message) assert.ok(isPreview(room.last_message, room.last_seq, server), "preview");

  const unread = server.unread(room.read_seq, room.last_seq);
  const live = applied === room.last_seq ? liveSegment(held) : undefined;
  const isHeld = live !== undefined && live.from <= room.read_seq + 1;
  if (isHeld || room.read_seq >= room.last_seq) assert.equal(room.unread, unread, "unread, as counted");
  // Without the log it is an estimate, which hides nothing.
  else assert.ok(room.unread >= unread, "unread, as estimated");
};

const isPreview = (event: Event, last_seq: number, server: Server): boolean => {
  const textAt = (at: number) => {
    const entry = server.state(at).get(event.seq);
    return entry?.type === "message" ? entry.text : undefined;
  };
  const text = event.type === "message" ? event.text : undefined;
  if (text === "" && textAt(server.last_seq) === "") return true;
  for (let at = last_seq; at <= server.last_seq; at += 1) if (textAt(at) === text) return true;
  return false;
};

/** An entry with its reactions in an order that does not depend on who reacted first. */
export const sorted = (entry: Entry): Entry =>
  entry.type === "message" && entry.reactions
    ? { ...entry, reactions: entry.reactions.toSorted((a, b) => (a.emoji < b.emoji ? -1 : 1)) }
    : entry;
