import { describe, expect, it } from "vitest";
import { CHANGES_KEPT } from "../state/limits.ts";
import { entriesOf } from "../state/log.ts";
import { TOPIC } from "../state/testing/events.ts";
import { range, settled, setUp } from "./testing/set-up.ts";

describe("another log", () => {
  it("is noticed by the rooms", async () => {
    const { server, sync, open, seqs } = setUp();
    await open();
    server.rewind(1);
    await sync.refresh();
    expect(seqs()).toEqual([1]);
  });

  it("is noticed by its events", async () => {
    const { server, arrive, open, seqs } = setUp();
    await open();
    server.rewind(1);
    for (let at = 0; at < 3; at += 1) server.say("cyd");
    arrive(TOPIC, server.say("cyd"));
    await settled();
    expect(seqs()).toEqual(range(1, 5));
  });

  it("is noticed by its messages", async () => {
    const { server, api, sync, open, held, seqs } = setUp(200);
    server.read(200);
    await open();
    server.rewind(100);
    await sync.history.loadOlder(TOPIC, held()?.log.segments[0]?.from ?? 0);
    expect(held()).toMatchObject({ room: { epoch: server.epoch }, applied: 100 });
    expect(seqs()).toEqual(range(51, 100));
    expect(api.takeAsked()).toEqual(["messages before 151", `room ${TOPIC}`, "messages before 151"]);
  });
});

describe("the end of the log", () => {
  it("is there although the room's information moves on while it is fetched", async () => {
    const { store, api, server, sync, seqs } = setUp();
    await sync.refresh();
    store.dispatch({ type: "open", topic: TOPIC });
    api.meanwhile = () => {
      server.say("bo");
      store.dispatch({ type: "rooms", rooms: [server.room()] });
    };
    await sync.history.loadFirst(TOPIC);
    expect(seqs()).toEqual(range(1, 4));
  });

  it("goes back to what is new, although a page of newer messages arrived before", async () => {
    const { server, arrive, sync, store, seqs } = setUp(10);
    await sync.refresh();
    for (let at = 0; at < 60; at += 1) arrive(TOPIC, server.say("bo"));
    store.dispatch({ type: "open", topic: TOPIC });
    await sync.history.loadFirst(TOPIC);
    expect(seqs()).toEqual(range(1, 70));
  });

  it("shows a message of which the room's information told before", async () => {
    const { store, server, arrive, sync, seqs } = setUp();
    const event = server.say("bo");
    await sync.refresh();
    store.dispatch({ type: "open", topic: TOPIC });
    arrive(TOPIC, event);
    expect(seqs()).toEqual([4]);
  });
});

describe("a page of the log", () => {
  it("has notes, but no changes, as entries", async () => {
    const { server, arrive, open, seqs, held } = setUp(1);
    server.react(1, "bo", "👍");
    server.note("join", "bo");
    server.note("applause", "bo");
    server.delete(1, "bo");
    server.say("bo");
    await open();
    expect(seqs()).toEqual([1, 3, 6]);
    arrive(TOPIC, server.react(6, "bo", "👍"));
    expect(seqs()).toEqual([1, 3, 6]);
    const log = held()?.log;
    expect(log && entriesOf(log)).toEqual(server.entries());
  });

  it("is brought up to date with what arrives while it is under way", async () => {
    const { store, api, server, arrive, sync, held } = setUp();
    await sync.refresh();
    store.dispatch({ type: "open", topic: TOPIC });
    api.meanwhile = () => arrive(TOPIC, server.edit(2, "better"));
    await sync.history.loadFirst(TOPIC);
    const log = held()?.log;
    expect(log && entriesOf(log)).toEqual(server.entries());
    expect(log && entriesOf(log)[1]).toMatchObject({ text: "better", changed_seq: 4 });
  });

  it("is fetched again if too much arrives for that", async () => {
    const { store, api, server, arrive, sync, held } = setUp();
    await sync.refresh();
    store.dispatch({ type: "open", topic: TOPIC });
    api.takeAsked();
    api.meanwhile = () => {
      for (let at = 0; at <= CHANGES_KEPT; at += 1) arrive(TOPIC, server.react(2, "bo", "👍"));
    };
    await sync.history.loadFirst(TOPIC);
    const log = held()?.log;
    expect(log && entriesOf(log)).toEqual(server.entries());
    expect(api.takeAsked()).toEqual(["messages before 4", "messages before 4"]);
  });

  it("goes back to the first new message at first, unless that is far, whoever asks", async () => {
    const { store, api, server, sync, seqs } = setUp(300);
    server.read(150);
    await sync.refresh();
    store.dispatch({ type: "open", topic: TOPIC });
    api.takeAsked();
    await Promise.all([sync.history.loadFirst(TOPIC), sync.history.loadFirst(TOPIC)]);
    // Twenty messages before the cursor.
    expect(seqs()).toEqual(range(130, 300));
    expect(api.takeAsked()).toEqual(["messages before 301", "messages before 201"]);
    await sync.history.loadFirst(TOPIC);
    expect(api.takeAsked()).toEqual([]);
  });

  it("has what fills a window, where nothing is new or too much is", async () => {
    const many = setUp(1_000);
    await many.open();
    expect(many.seqs()).toEqual(range(951, 1_000));
    const none = setUp(1_000);
    none.server.read(1_000);
    await none.open();
    expect(none.seqs()).toEqual(range(951, 1_000));
  });

  it("is before, after or around a place, and fetched once at a time", async () => {
    const { api, sync, open, held } = setUp(500);
    await open();
    const { history } = sync;
    await Promise.all([history.loadOlder(TOPIC, 451), history.loadOlder(TOPIC, 451)]);
    await Promise.all([history.loadAround(TOPIC, 100), history.loadAround(TOPIC, 100)]);
    expect(held()?.log.segments).toEqual([
      { from: 75, to: 124 },
      { from: 401, to: 500 },
    ]);
    await Promise.all([history.loadNewer(TOPIC, 124), history.loadNewer(TOPIC, 124)]);
    await history.loadOlder(TOPIC, 1);
    expect(held()?.log.segments[0]).toEqual({ from: 75, to: 174 });
    expect(api.takeAsked()).toEqual(["messages before 451", "messages around 100", "messages after 124"]);
  });

  it("is dropped if I left the room meanwhile", async () => {
    const { api, sync, open, held } = setUp(100);
    await open();
    api.meanwhile = () => sync.gone(TOPIC);
    await sync.history.loadOlder(TOPIC, 51);
    expect(held()).toBeUndefined();
  });
});
