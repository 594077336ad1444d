import { describe, expect, it } from "vitest";
import { KEPT_AROUND, KEPT_WHEN_CLOSED, KEPT_WHEN_OPEN } from "./limits.ts";
import { entriesOf } from "./log.ts";
import { hasGap } from "./room.ts";
import type { Store } from "./store.ts";
import { ME, TOPIC } from "./testing/events.ts";
import { Server } from "./testing/server.ts";
import { backfill, freshStore, hear, heldOf, load, refresh } from "./testing/steps.ts";

const seqs = (store: Store): number[] => entriesOf(heldOf(store).log).map(({ seq }) => seq);
const listed = (store: Store) => heldOf(store).room;
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
    store.dispatch({ type: "open", topic: undefined });
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

  it("keeps its beginning and its newest part when a view of it is closed", () => {
    const { server, store } = start(KEPT_WHEN_CLOSED);
    const last = server.last_seq;
    load(store, server, { before: last + 1 }, 10);
    load(store, server, { around: 20 }, 10);
    store.dispatch({ type: "open", topic: undefined });
    expect(segments(store)).toEqual([{ from: last - 9, to: last }]);
    // Without the newest part, nothing can be shown when it is opened again.
    store.dispatch({ type: "start_over", topic: TOPIC });
    expect(segments(store)).toEqual([]);
  });

  it("is trimmed far from the view, and never split where nothing is dropped", () => {
    const { server, store } = start(KEPT_WHEN_OPEN + 100);
    const last = server.last_seq;
    load(store, server, { before: last + 1 }, last);
    const trim = (around: number, side: "older" | "newer") =>
      store.dispatch({ type: "trim", topic: TOPIC, around, side });
    trim(KEPT_AROUND, "older");
    trim(last, "newer");
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

describe("the list's entry of a room", () => {
  it("counts messages of others as unread, and reading takes them away", () => {
    const { server, store } = start();
    hear(store, server.say("bo"), server.say("bo"), server.say("cyd"));
    expect(listed(store).unread).toBe(3);
    const read = (seq: number) => store.dispatch({ type: "read", topic: TOPIC, name: ME, seq });
    read(1);
    expect(listed(store).unread).toBe(2);
    read(3);
    expect(listed(store).unread).toBe(0);
    const before = heldOf(store);
    read(2);
    read(-1);
    read(1.5);
    expect(heldOf(store)).toBe(before);
  });

  it("is read up to my own message", () => {
    const { server, store } = start();
    hear(store, server.say("bo"), server.say(ME), server.say("cyd"));
    expect(listed(store)).toMatchObject({ read_seq: 2, unread: 1 });
  });

  it("takes from the server how far my other devices have read", () => {
    const { store } = start(9);
    const tell = (read_seq: number, unread: number) =>
      store.dispatch({ type: "unread", topic: TOPIC, read_seq, unread });
    expect(listed(store).unread).toBe(9);
    // No events are held to count, so the server's count is used.
    tell(6, 3);
    expect(listed(store)).toMatchObject({ read_seq: 6, unread: 3 });
    const before = heldOf(store);
    tell(5, 4);
    tell(7, Number.NaN);
    tell(Number.NaN, 0);
    expect(heldOf(store)).toBe(before);
    tell(9, 0);
    expect(listed(store)).toMatchObject({ read_seq: 9, unread: 0 });
  });

  it("hides no news when I have read further than the server knows", () => {
    const { server, store } = start(5);
    store.dispatch({ type: "read", topic: TOPIC, name: ME, seq: 5 });
    server.say("bo");
    server.note("join", "bo");
    refresh(store, server);
    // The join may be a message, as far as the client knows; the server's next note tells.
    expect(listed(store)).toMatchObject({ read_seq: 5, unread: 2 });
    store.dispatch({ type: "unread", topic: TOPIC, read_seq: 5, unread: 1 });
    expect(listed(store)).toMatchObject({ read_seq: 5, unread: 1 });
  });

  it("has nothing unread before my cursor, even if the response is older than that", () => {
    const { server, store } = start();
    const mine = { read_seq: 1, unread: 0 };
    store.dispatch({ type: "unread", topic: TOPIC, ...mine });
    server.say("bo");
    refresh(store, server);
    expect(listed(store)).toMatchObject(mine);
  });

  it("is counted again once the log has caught up with it", () => {
    const { server, store } = start();
    hear(store, server.say("bo"));
    server.say("bo");
    server.edit(2, "better");
    refresh(store, server);
    store.dispatch({ type: "read", topic: TOPIC, name: ME, seq: 1 });
    backfill(store, server, 1);
    expect(listed(store)).toMatchObject({ unread: 1, last_message: { text: "better", edited: { seq: 3 } } });
  });

  it("does not go back to an older text while the log is behind", () => {
    const { server, store } = start(1);
    server.edit(1, "better");
    refresh(store, server);
    load(store, server, { before: 2 }, 10, 1);
    expect(listed(store).last_message).toMatchObject({ text: "better" });
  });

  it("is not set back by an older response", () => {
    const { server, store } = start(3);
    const older = server.room();
    hear(store, server.note("room", "bo"), server.note("join", "bo"), server.say("bo"));
    const before = listed(store);
    store.dispatch({ type: "rooms", rooms: [older] });
    expect(listed(store)).toEqual(before);
    expect(before).toMatchObject({ title: "Title 4", members: 11, last_seq: 6 });
  });

  it("is a fold over the events of all types", () => {
    const { server, store } = start(2);
    hear(store, server.note("leave", "bo"), server.note("applause", "bo"), server.react(1, "bo", "👍"));
    expect(listed(store)).toMatchObject({ members: 9, last_seq: 5, unread: 2 });
    const direct = { ...server.room(), direct: true, title: "bo" };
    store.dispatch({ type: "gone", topic: TOPIC });
    store.dispatch({ type: "room", room: direct });
    hear(store, server.note("room", "bo"));
    expect(listed(store).title).toBe("bo");
  });
});

describe("the members of a room", () => {
  it("come and go with its events, and tell how far they have read", () => {
    const { server, store } = start();
    const member = (name: string, read_seq = 0) => ({ name, owner: false, read_seq });
    store.dispatch({ type: "read", topic: TOPIC, name: "bo", seq: 7 });
    store.dispatch({ type: "members", topic: TOPIC, members: [member("bo", 5), member("cyd", 3)] });
    expect([...heldOf(store).reads]).toEqual([
      ["bo", 7],
      ["cyd", 3],
    ]);
    expect(listed(store).members).toBe(2);
    hear(store, server.note("join", "bo"), server.note("leave", "cyd"));
    expect(heldOf(store).members?.map(({ name }) => name)).toEqual(["bo", "new1"]);
    store.dispatch({ type: "read", topic: TOPIC, name: "bo", seq: 6 });
    expect(heldOf(store).reads.get("bo")).toBe(7);
  });
});
