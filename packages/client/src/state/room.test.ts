import { describe, expect, it } from "vitest";
import { KEPT_AROUND, KEPT_WHEN_CLOSED, KEPT_WHEN_OPEN } from "./limits.ts";
import { entriesOf } from "./log.ts";
import { hasGap } from "./room.ts";
import type { Store } from "./store.ts";
import { TOPIC } from "./testing/events.ts";
import { Server } from "./testing/server.ts";
import { backfill, freshStore, hear, heldOf, load, refresh } from "./testing/steps.ts";

const seqs = (store: Store): number[] => entriesOf(heldOf(store).log).map(({ seq }) => seq);
const segments = (store: Store) => heldOf(store).log.segments;

const start = (length = 0) => {
  const server = new Server();
  for (let at = 0; at < length; at += 1) server.say("bo");
  return { server, store: freshStore(server) };
};

describe("the log of a room", () => {
  it("shows nothing beyond a gap until the gap is filled", () => {
    const { server, store } = start();
    server.say("bo");
    hear(store, server.say("bo"));
    expect(seqs(store)).toEqual([]);
    expect(hasGap(heldOf(store))).toBe(true);
    backfill(store, server, 10);
    expect(seqs(store)).toEqual([1, 2]);
    expect(hasGap(heldOf(store))).toBe(false);
  });

  it("is dropped when the server has another one, and pages of the old one are ignored", () => {
    const { server, store } = start();
    hear(store, server.say("bo"), server.say("bo"));
    const late = server.stretch({ before: 3 }, 10);
    server.rewind(1);
    refresh(store, server);
    expect(heldOf(store)).toMatchObject({
      applied: 1,
      head: 1,
      log: { segments: [] },
      room: { last_seq: 1 },
    });
    const before = heldOf(store);
    store.dispatch({ type: "stretch", topic: TOPIC, ...late });
    expect(heldOf(store)).toBe(before);
  });

  it("can be held at several places, which become one when what is between them arrives", () => {
    const { server, store } = start(30);
    load(store, server, { before: 31 }, 5);
    load(store, server, { around: 10 }, 4);
    expect(segments(store)).toEqual([
      { from: 8, to: 11 },
      { from: 26, to: 30 },
    ]);
    hear(store, server.edit(9, "better"), server.edit(15, "not held"));
    load(store, server, { after: 11 }, 14);
    expect(segments(store)).toEqual([{ from: 8, to: 32 }]);
    expect(entriesOf(heldOf(store).log)).toEqual(server.entries().slice(7));
  });

  it("takes of a page only what it has the events for", () => {
    const { server, store } = start(3);
    server.say("bo");
    server.say("bo");
    load(store, server, { before: 6 }, 10);
    expect(segments(store)).toEqual([{ from: 1, to: 3 }]);
    expect(seqs(store)).toEqual([1, 2, 3]);
  });

  it("is cut to its newest part while nobody looks", () => {
    const { server, store } = start();
    store.dispatch({ type: "close", topic: TOPIC });
    hear(store, ...Array.from({ length: 2 * KEPT_WHEN_CLOSED }, () => server.say("bo")));
    expect(seqs(store)).toHaveLength(2 * KEPT_WHEN_CLOSED);
    hear(store, server.say("bo"));
    expect(seqs(store)).toEqual(
      server
        .entries()
        .map(({ seq }) => seq)
        .slice(-KEPT_WHEN_CLOSED),
    );
    expect(segments(store)).toEqual([{ from: KEPT_WHEN_CLOSED + 2, to: 2 * KEPT_WHEN_CLOSED + 1 }]);
  });

  it("keeps its newest part when it is closed", () => {
    const { server, store } = start(KEPT_WHEN_CLOSED);
    const last = server.last_seq;
    load(store, server, { before: last + 1 }, 10);
    load(store, server, { around: 20 }, 10);
    store.dispatch({ type: "close", topic: TOPIC });
    expect(segments(store)).toEqual([{ from: last - 9, to: last }]);
  });

  it("is dropped when it is closed without its newest part, which is what it is opened with", () => {
    const { server, store } = start(30);
    load(store, server, { around: 10 }, 4);
    server.say("bo");
    refresh(store, server);
    store.dispatch({ type: "close", topic: TOPIC });
    expect(heldOf(store)).toMatchObject({ applied: 31, log: { segments: [] } });
  });

  it("is trimmed far from the view, and never split where nothing is dropped", () => {
    const { server, store } = start(KEPT_WHEN_OPEN + 100);
    const last = server.last_seq;
    load(store, server, { before: last + 1 }, last);
    const trim = (around: number, side: "older" | "newer") =>
      store.dispatch({ type: "trim", topic: TOPIC, around, side });
    trim(KEPT_AROUND, "older");
    trim(last, "newer");
    // Only changes, which are no entries, are after the last one.
    trim(last + 1, "newer");
    trim(last - KEPT_WHEN_CLOSED - KEPT_AROUND, "newer");
    expect(segments(store)).toEqual([{ from: 1, to: last }]);
    trim(700, "newer");
    expect(segments(store)).toEqual([
      { from: 1, to: 700 + KEPT_AROUND },
      { from: last - KEPT_WHEN_CLOSED + 1, to: last },
    ]);
    load(store, server, { after: 700 + KEPT_AROUND }, last);
    trim(1_500, "older");
    expect(segments(store)).toEqual([{ from: 1_500 - KEPT_AROUND, to: last }]);
  });
});
