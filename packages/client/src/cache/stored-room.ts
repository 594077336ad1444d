import { CACHED_ENTRIES } from "../state/limits.ts";
import { emptyLog, entriesIn, insert } from "../state/log.ts";
import type { RoomState } from "../state/model.ts";
import { liveSegment } from "../state/room.ts";
import type { StoredLog, StoredRoom } from "./cache-storage.ts";

/** What is stored of a room; `unsent_read` is my read cursor if the server may not know it. */
export const toStoredRoom = (
  { room, applied, head, reads }: RoomState,
  unsent_read: number | undefined,
): StoredRoom => ({
  topic: room.topic,
  room,
  applied,
  head,
  reads: [...reads],
  ...(unsent_read !== undefined && { unsent_read }),
});

/** The newest part of a room's log, as far as it is stored; undefined if nothing is held up to its end. */
export const toStoredLog = (held: RoomState): StoredLog | undefined => {
  const live = liveSegment(held);
  if (!live) return undefined;
  const entries = entriesIn(held.log, live).slice(-CACHED_ENTRIES);
  const [first] = entries;
  // Before the oldest entry that is stored, there are others.
  const from = first && entries.length === CACHED_ENTRIES ? first.seq : live.from;
  return { topic: held.room.topic, applied: held.applied, segment: { from, to: live.to }, entries };
};

/** The state of a room as it was when it was stored. Changes that came later are fetched like those of any gap. */
export const fromStored = (
  { room, applied, head, reads }: StoredRoom,
  stored: StoredLog | undefined,
): RoomState => ({
  room,
  log: stored?.applied === applied ? insert(emptyLog, stored.segment, stored.entries) : emptyLog,
  applied,
  head,
  reads: new Map(reads),
  members: undefined,
  recent: { after: applied, changes: [] },
});
