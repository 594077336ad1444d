import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Recorder } from "../cache/recorder.ts";
import { entriesOf } from "../state/log.ts";
import { createStore, type Store } from "../state/store.ts";
import { newStore, TOPIC } from "../state/testing/events.ts";
import { Server } from "../state/testing/server.ts";
import { hear, load, refresh } from "../state/testing/steps.ts";
import { openStorage } from "./storage.ts";

let count = 0;
const recorders: Recorder[] = [];

/** A browser's storage, in which pages follow each other. */
const setUp = () => {
  count += 1;
  const name = `cache-${count}`;
  const failed = vi.fn();
  const restoredRead = vi.fn();
  const page = async (first?: string, store: Store = newStore()) => {
    const storage = await openStorage(name, () => {});
    const told = { hidden: () => {} };
    const unsent = new Map<string, number>();
    const recorder = new Recorder({
      ...{ store, failed, restoredRead },
      storage: Promise.resolve(storage.cache),
      unsentRead: (topic) => unsent.get(topic),
      onHidden: (listener) => {
        told.hidden = listener;
        return () => {};
      },
    });
    recorders.push(recorder);
    await recorder.restore(first);
    return { store, recorder, unsent, hide: () => told.hidden(), cache: storage.cache };
  };
  return { page, failed, restoredRead };
};

const draft = (text: string, more = {}) => ({ text, files: [], reading: 0, ...more });

/** Resolves when everything that needs no timer has happened. */
const settled = async () => {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

const open = (store: Store, topic: string) => store.dispatch({ type: "open", topic });

describe("the cache", () => {
  let server: Server;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    server = new Server();
    for (let at = 0; at < 30; at += 1) server.say("bo");
  });
  afterEach(() => {
    for (const recorder of recorders.splice(0)) recorder.stop();
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  /** A page that has opened the room, and is hidden. */
  const visited = async (here: ReturnType<typeof setUp>) => {
    const page = await here.page();
    refresh(page.store, server);
    open(page.store, TOPIC);
    load(page.store, server, { before: 31 }, 20);
    page.store.dispatch({ type: "people", people: [{ name: "bo", state: "online", live: true }] });
    page.store.state.drafts.set(TOPIC, draft("half a sen"));
    page.hide();
    await settled();
    return page;
  };

  it("restores rooms, the log, people and drafts", async () => {
    const here = setUp();
    const { store: before } = await visited(here);
    const { store } = await here.page(TOPIC);
    expect(store.state.session.get()).toMatchObject({ ready: false, restored: true });
    const held = store.state.rooms.get(TOPIC);
    expect(held?.room).toEqual(before.state.rooms.get(TOPIC)?.room);
    expect(entriesOf(held?.log ?? { segments: [], chunks: new Map() })).toEqual(
      server.entries().filter(({ seq }) => seq > 10),
    );
    expect(store.state.people.get("bo")).toMatchObject({ state: "offline", live: false });
    expect(store.state.drafts.get(TOPIC)).toMatchObject({ text: "half a sen", reading: 0 });
  });

  it("restores the logs of the other rooms after the first", async () => {
    const here = setUp();
    await visited(here);
    const { store } = await here.page("walks");
    expect(store.state.rooms.get(TOPIC)?.log.segments).toEqual([{ from: 11, to: 30 }]);
  });

  it("stores the logs of rooms that were opened, and no others", async () => {
    const here = setUp();
    const page = await here.page();
    const walks = new Server("walks");
    page.store.dispatch({ type: "rooms", rooms: [server.room(), walks.room()] });
    open(page.store, TOPIC);
    hear(page.store, server.say("bo"));
    page.store.dispatch({ type: "events", topic: "walks", events: [walks.say("bo")] });
    await vi.advanceTimersByTimeAsync(1_000);
    await settled();
    const { store } = await here.page();
    expect(store.state.rooms.get(TOPIC)?.log.segments).toHaveLength(1);
    expect(store.state.rooms.get("walks")).toMatchObject({ applied: 1, log: { segments: [] } });
  });

  it("adds what the server has to what was restored", async () => {
    const here = setUp();
    await visited(here);
    server.edit(30, "changed");
    const { store } = await here.page(TOPIC);
    refresh(store, server);
    open(store, TOPIC);
    hear(store, ...server.events(30));
    const last = entriesOf(store.state.rooms.get(TOPIC)?.log ?? { segments: [], chunks: new Map() }).at(-1);
    expect(last).toMatchObject({ seq: 30, text: "changed" });
  });

  it("forgets a room that I am no longer in, and one that went while no page was open", async () => {
    const here = setUp();
    await visited(here);
    const { store, hide } = await here.page(TOPIC);
    store.dispatch({ type: "rooms", rooms: [] });
    hide();
    await settled();
    expect((await here.page(TOPIC)).store.state.rooms.size).toBe(0);
  });

  it("removes a draft as soon as it is sent", async () => {
    const here = setUp();
    const { store } = await visited(here);
    store.state.drafts.delete(TOPIC);
    await settled();
    expect((await here.page()).store.state.drafts.size).toBe(0);
  });

  it("keeps a draft's files and its quote", async () => {
    const here = setUp();
    const { store } = await here.page();
    const bytes = new Blob(["a picture"]);
    const quote = { seq: 3, sender: "bo", text: "look" };
    store.state.drafts.set(
      TOPIC,
      draft("", { quote, files: [{ name: "a.png", type: "image/png", size: 9, bytes }] }),
    );
    await vi.advanceTimersByTimeAsync(300);
    await settled();
    const kept = (await here.page()).store.state.drafts.get(TOPIC);
    expect(kept).toMatchObject({ quote, files: [{ name: "a.png" }] });
    expect(await kept?.files[0]?.bytes.text()).toBe("a picture");
  });

  it("keeps a draft's files without waiting, as a page that is left ends before they are written", async () => {
    const here = setUp();
    const { store } = await visited(here);
    const file = { name: "a.txt", type: "text/plain", size: 2, bytes: new Blob(["hi"]) };
    store.state.drafts.set(TOPIC, draft("with a file", { files: [file] }));
    await settled();
    const { store: after } = await here.page(TOPIC);
    expect(after.state.drafts.get(TOPIC)).toMatchObject({ text: "with a file", files: [{ name: "a.txt" }] });
  });

  it("does not overwrite what is being written already", async () => {
    const here = setUp();
    await visited(here);
    const store = newStore();
    store.state.drafts.set(TOPIC, draft("new"));
    await here.page(TOPIC, store);
    expect(store.state.drafts.get(TOPIC)?.text).toBe("new");
  });

  it("keeps a read cursor that the server may not know", async () => {
    const here = setUp();
    const { store, unsent, hide } = await here.page();
    refresh(store, server);
    unsent.set(TOPIC, 12);
    hide();
    await settled();
    await here.page();
    expect(here.restoredRead.mock.calls).toEqual([[TOPIC, 12]]);
  });

  it("is deleted with the sign-in, and with somebody else's", async () => {
    const here = setUp();
    const { recorder, store } = await visited(here);
    await recorder.forget();
    store.state.drafts.set(TOPIC, draft("too late"));
    await vi.runAllTimersAsync();
    await settled();
    const { store: next } = await here.page(TOPIC);
    expect([next.state.rooms.size, next.state.people.size, next.state.drafts.size]).toEqual([0, 0, 0]);

    await visited(here);
    const bo = createStore({ name: "bo", admin: false });
    const { cache } = await here.page(TOPIC, bo);
    await settled();
    expect(bo.state.rooms.size).toBe(0);
    expect((await cache.load("ana", TOPIC)).rooms).toEqual([]);
    expect(await cache.logs("ana")).toEqual([]);
  });

  it("is read before anything is deleted, which would have to wait", async () => {
    const here = setUp();
    await visited(here);
    const transactions = vi.spyOn(IDBDatabase.prototype, "transaction");
    await here.page(TOPIC);
    expect(transactions.mock.calls.map(([, mode = "readonly"]) => mode)).toEqual([
      "readonly",
      "readonly",
      "readwrite",
    ]);
  });

  it("tells once when a draft can't be stored, and nothing stops", async () => {
    const here = setUp();
    const { store, hide } = await here.page();
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    refresh(store, server);
    for (const text of ["one", "two"]) {
      store.state.drafts.set(TOPIC, draft(text));
      hide();
      await settled();
    }
    expect(here.failed).toHaveBeenCalledTimes(1);
  });

  it("stores the newest entries of the rooms that were opened last", async () => {
    const here = setUp();
    const page = await here.page();
    const servers = Array.from({ length: 52 }, (_, at) => new Server(`room${at}`));
    page.store.dispatch({ type: "rooms", rooms: servers.map((each) => each.room()) });
    for (const each of servers) {
      open(page.store, each.topic);
      for (let at = 0; at < 3; at += 1)
        page.store.dispatch({ type: "events", topic: each.topic, events: [each.say("bo")] });
    }
    page.hide();
    await settled();
    const topics = (await page.cache.logs("ana")).map(({ topic }) => topic);
    expect(topics).toHaveLength(50);
    expect(topics).not.toContain("room0");
    expect(topics).not.toContain("room1");
  });
});
