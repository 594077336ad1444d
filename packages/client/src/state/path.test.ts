import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { entriesOf } from "./log.ts";
import type { RoomState } from "./model.ts";
import { checkChunks, Drawing } from "./testing/chunks.ts";
import { outboxEntry, TOPIC } from "./testing/events.ts";
import { checkRoom, sorted } from "./testing/invariants.ts";
import { Server } from "./testing/server.ts";
import { anyStep, backfill, freshStore, heldOf, load, perform, refresh } from "./testing/steps.ts";

// Small enough that short paths reach every limit.
vi.mock("./limits.ts", () => ({
  CHUNK: 10,
  CHANGES_KEPT: 6,
  CACHED_ENTRIES: 8,
  KEPT_WHEN_CLOSED: 12,
  KEPT_WHEN_OPEN: 24,
  KEPT_AROUND: 6,
}));

/** The number of paths; raise it for a campaign. */
const numRuns = Number(process.env.PATHS ?? 500);
const timeout = 30_000 + 50 * numRuns;

const anyPath = fc.array(anyStep, { maxLength: 60, size: "max" });

/** A log with messages of all and some notes. */
const startingWith = (length: number): Server => {
  const server = new Server();
  for (let at = 0; at < length; at += 1) {
    if (at % 5 === 3) server.note("join", "bo");
    else server.say(["ana", "bo", "cyd"][at % 3] ?? "bo");
  }
  return server;
};

/** A room without what depends on the path to it: the remembered changes, and the order of emoji. */
const compared = ({ room, log, applied, head }: RoomState) => {
  const last = room.last_message as Parameters<typeof sorted>[0] | undefined;
  return {
    room: { ...room, last_message: last && sorted(last) },
    entries: entriesOf(log).map(sorted),
    segments: log.segments,
    applied,
    head,
  };
};

describe("a room, after any path", { timeout }, () => {
  it("is right at every step, and at the end the same as after a fresh load", () => {
    fc.assert(
      fc.property(fc.nat(60), anyPath, (length, steps) => {
        const server = startingWith(length);
        const store = freshStore(server);
        for (const step of steps) {
          perform(store, server, step);
          checkRoom(heldOf(store), server);
        }

        // Every path ends with a refresh of the rooms, the gap filled, and all history fetched.
        refresh(store, server);
        backfill(store, server, 7);
        load(store, server, { before: server.last_seq + 1 }, 1_000);
        checkRoom(heldOf(store), server);

        const fresh = freshStore(server);
        load(fresh, server, { before: server.last_seq + 1 }, 1_000);
        expect(entriesOf(heldOf(fresh).log)).toEqual(server.entries());
        expect(compared(heldOf(store))).toEqual(compared(heldOf(fresh)));
      }),
      { numRuns },
    );
  });

  it("has rows as if it were laid out anew, and keeps those of chunks that did not change", () => {
    fc.assert(
      fc.property(fc.nat(60), anyPath, (length, steps) => {
        const server = startingWith(length);
        const store = freshStore(server);
        const drawing = new Drawing();
        for (const step of steps) {
          const before = heldOf(store).log;
          const isOpen = store.state.session.get().open.includes(TOPIC);
          const events = perform(store, server, step);
          const held = heldOf(store);
          // A closed room is trimmed with each event.
          if (isOpen && events.length > 0) checkChunks(before, held.log, events);
          const outbox = server.last_seq % 3 === 0 ? [outboxEntry("waiting")] : [];
          drawing.check(held, outbox, server.last_seq % 4 === 0 ? undefined : server.read_seq);
        }
      }),
      { numRuns },
    );
  });
});
