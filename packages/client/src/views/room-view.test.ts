import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KEPT_WHEN_OPEN } from "../state/limits.ts";
import { messageEvent, outboxEntry, TOPIC } from "../state/testing/events.ts";
import type { Row } from "../state/timeline.ts";
import { settled, setUp } from "../sync/testing/set-up.ts";
import { type RoomViewChat, roomView } from "./room-view.ts";

const dayOf = (at: Date) => at.toISOString().slice(0, 10);

const isLoaded = (work: Promise<void>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );

/** A client with one room of so many messages. */
const begin = async (length: number, { isFetched = true } = {}) => {
  const client = setUp(length);
  const { store, sync } = client;
  if (isFetched) await sync.refresh();
  const chat: RoomViewChat = {
    store,
    places: new Map<string, number>(),
    open: async (topic) => {
      store.dispatch({ type: "open", topic });
      return isLoaded(sync.history.loadFirst(topic));
    },
    close: (topic) => store.dispatch({ type: "close", topic }),
    loadOlder: (topic, from) => isLoaded(sync.history.loadOlder(topic, from)),
    loadNewer: (topic, to) => isLoaded(sync.history.loadNewer(topic, to)),
    loadAround: (topic, seq) => isLoaded(sync.history.loadAround(topic, seq)),
    read: (topic, seq) => store.dispatch({ type: "read", topic, name: "ana", seq }),
    watch: () => () => {},
    trim: (topic, around, side) => store.dispatch({ type: "trim", topic, around, side }),
  };
  const make = () => {
    const view = roomView(chat, TOPIC, dayOf);
    const listener = vi.fn();
    const now = () => view.getSnapshot() ?? expect.fail("no snapshot");
    return {
      view,
      listener,
      now,
      seqs: () => now().rows.flatMap((row) => (row.kind === "message" ? [row.event.seq] : [])),
      subscribe: () => view.subscribe(listener),
    };
  };
  return { ...client, chat, make, ...make() };
};

const lines = (rows: readonly Row[]) =>
  rows.map((row) => (row.kind === "message" ? row.event.seq : row.kind));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a room on screen", () => {
  it("is open as long as somebody subscribes", async () => {
    const { store, now, seqs, subscribe } = await begin(3);
    const open = () => store.state.session.get().open;
    expect(now()).toMatchObject({ opening: "loading", rows: [] });
    expect(open()).toEqual([]);
    const stop = subscribe();
    expect(open()).toEqual([TOPIC]);
    await settled();
    expect(now()).toMatchObject({ opening: "loaded", isLive: true, isEarly: false });
    expect(seqs()).toEqual([1, 2, 3]);
    stop();
    expect(open()).toEqual([]);
  });

  it("says that it could not be fetched, and tries again when asked", async () => {
    const { api, view, now, seqs, subscribe } = await begin(3);
    api.refused = 503;
    subscribe();
    await settled();
    expect(now()).toMatchObject({ opening: "failed", segment: undefined });
    api.refused = undefined;
    view.retry();
    expect(now().opening).toBe("loading");
    await settled();
    expect(now().opening).toBe("loaded");
    expect(seqs()).toEqual([1, 2, 3]);
  });

  it("is nothing while I am not in it, and begins anew when I am again", async () => {
    const { store, server, sync, view, now, seqs, subscribe } = await begin(3);
    subscribe();
    await settled();
    sync.gone(TOPIC);
    expect(view.getSnapshot()).toBeUndefined();
    expect(store.state.session.get().open).toEqual([]);
    sync.enter(server.room());
    expect(now().opening).toBe("loading");
    await settled();
    expect(seqs()).toEqual([1, 2, 3]);
  });

  it("is the same object, and tells nobody, when nothing that it shows changed", async () => {
    const { store, view, now, listener, subscribe } = await begin(3);
    subscribe();
    await settled();
    const before = now();
    listener.mockClear();
    const other = { ...outboxEntry("a"), topic: "constructor" };
    store.dispatch({ type: "queued", entries: [other] });
    store.dispatch({ type: "connection", connection: "waiting" });
    view.setLooking(true);
    expect(now()).toBe(before);
    expect(listener).not.toHaveBeenCalled();
  });

  it("keeps the rows that a new message does not concern, and tells once", async () => {
    const { server, store, now, listener, subscribe } = await begin(3);
    subscribe();
    await settled();
    const before = now().rows;
    listener.mockClear();
    const more = [server.say("cyd"), server.say("cyd")];
    store.batch(() => store.dispatch({ type: "events", topic: TOPIC, events: more }));
    expect(listener).toHaveBeenCalledOnce();
    const after = now().rows;
    expect(after.slice(0, before.length).every((row, at) => row === before[at])).toBe(true);
    expect(lines(after.slice(before.length))).toEqual([4, 5]);
  });

  it("has my messages that wait at its end, and apart from them those that were refused", async () => {
    const { store, now, subscribe } = await begin(1);
    subscribe();
    await settled();
    const failed = { ...outboxEntry("b"), status: "failed" as const };
    store.dispatch({ type: "queued", entries: [outboxEntry("a"), failed] });
    expect(now().rows.filter(({ kind }) => kind === "pending")).toMatchObject([{ entry: { msg_id: "a" } }]);
    expect(now().failed).toMatchObject([{ msg_id: "b" }]);
    const { rows } = now();
    store.dispatch({ type: "read", topic: TOPIC, name: "bo", seq: 1 });
    expect(now().rows).toBe(rows);
  });
});

describe("the line of new messages", () => {
  it("is after what was read when the room was opened, and stays while one reads on", async () => {
    const { server, view, now, subscribe, sync } = await begin(4);
    server.read(2);
    await sync.refresh();
    subscribe();
    view.setLooking(true);
    await settled();
    expect(lines(now().rows)).toEqual(["start", "day", 1, 2, "new", 3, 4]);
    view.read(4);
    expect(now().rows.some(({ kind }) => kind === "new")).toBe(true);
    view.clearLine();
    expect(now().rows.some(({ kind }) => kind === "new")).toBe(false);
  });

  it("is before what arrives while nobody looks, and not before what arrives in sight", async () => {
    const { server, view, now, subscribe, arrive } = await begin(2);
    view.read(2);
    subscribe();
    await settled();
    view.setLooking(true);
    arrive(TOPIC, server.say("bo"));
    expect(lines(now().rows)).toEqual(["start", "day", 1, 2, 3]);
    view.read(3);
    view.setLooking(false);
    arrive(TOPIC, server.say("bo"));
    expect(lines(now().rows)).toEqual(["start", "day", 1, 2, 3, "new", 4]);
  });

  it("is placed again once it is known what is newer than an earlier visit left", async () => {
    const earlier = await begin(3);
    earlier.subscribe();
    await settled();
    earlier.view.read(3);
    const { store, server, sync, view, now, subscribe } = await begin(5, { isFetched: false });
    const left = earlier.held();
    if (left) store.dispatch({ type: "restored", rooms: [left] });
    subscribe();
    view.setLooking(true);
    expect(lines(now().rows)).toEqual(["start", "day", 1, 2, 3]);
    expect(now().isEarly).toBe(true);
    server.read(3);
    await sync.refresh();
    await settled();
    expect(lines(now().rows)).toEqual(["start", "day", 1, 2, 3, "new", 4, 5]);
    expect(now().isEarly).toBe(false);
  });

  it("is shown nowhere else if it belongs above what is held", async () => {
    const { api, view, now, subscribe } = await begin(1_200);
    const before = api.takeAsked().length;
    expect(before).toBeGreaterThan(0);
    api.hold();
    subscribe();
    view.stay();
    api.release();
    await settled();
    expect(now()).toMatchObject({ newAbove: 1, isEarly: false });
    expect(now().rows.some(({ kind }) => kind === "new")).toBe(false);
  });
});

describe("where a visit begins", () => {
  it("is at what is new, if that is far back, and nothing counts as seen before", async () => {
    const { server, sync, now, seqs, subscribe, view } = await begin(1_200);
    server.read(300);
    await sync.refresh();
    const early: boolean[] = [];
    view.subscribe(() => now().segment && early.push(now().isEarly));
    subscribe();
    await settled();
    expect(early).toContain(true);
    expect(early.indexOf(false)).toBe(early.length - 1);
    expect(now()).toMatchObject({ isEarly: false, target: 301, isReturn: false, isLive: false });
    expect(seqs()).toContain(301);
    view.arrived();
    expect(now()).toMatchObject({ target: undefined, flash: undefined });
    expect(seqs()).toContain(301);
  });

  it("is found later if what is new can't be fetched, and nothing counts as seen until then", async () => {
    const { chat, server, store, sync, now, subscribe } = await begin(1_200);
    server.read(300);
    await sync.refresh();
    const { loadAround } = chat;
    chat.loadAround = async () => false;
    subscribe();
    await settled();
    expect(now()).toMatchObject({ isIncomplete: true, isEarly: true, fetching: undefined });
    chat.loadAround = loadAround;
    store.dispatch({ type: "connection", connection: "live" });
    await settled();
    expect(now()).toMatchObject({ isIncomplete: false, isEarly: false, target: 301 });
  });

  it("is at the end if somebody asks for it before", async () => {
    const { server, sync, now, seqs, subscribe, view } = await begin(1_200);
    server.read(300);
    await sync.refresh();
    subscribe();
    view.toEnd();
    await settled();
    expect(now()).toMatchObject({ target: undefined, isLive: true });
    expect(seqs()).toContain(1_200);
  });

  it("is where the room was left", async () => {
    const { make, server, sync, view, subscribe } = await begin(1_200);
    server.read(1_200);
    await sync.refresh();
    const stop = subscribe();
    await settled();
    view.leaveAt(500);
    stop();
    const again = make();
    again.subscribe();
    expect(again.now()).toMatchObject({ fetching: 500, isEarly: true });
    await settled();
    expect(again.now()).toMatchObject({ target: 500, isReturn: true, isEarly: false });
    again.view.leaveAt("end");
    expect(make().now()).toMatchObject({ fetching: undefined, target: undefined });
  });
});

describe("a jump", () => {
  it("leads into another segment, which is another view, and highlights the message for a while", async () => {
    const { view, now, seqs, subscribe, server, sync } = await begin(1_200);
    server.read(1_200);
    await sync.refresh();
    subscribe();
    await settled();
    const { viewKey } = now();
    view.jumpTo(500);
    expect(now()).toMatchObject({ fetching: 500, target: undefined, viewKey });
    await settled();
    expect(now()).toMatchObject({ fetching: undefined, target: 500, viewKey: viewKey + 1, isLive: false });
    expect(seqs()).not.toContain(1_200);
    view.arrived();
    expect(now()).toMatchObject({ target: undefined, flash: 500, viewKey: viewKey + 1 });
    vi.advanceTimersByTime(1_800);
    expect(now().flash).toBeUndefined();
    view.toEnd();
    expect(now()).toMatchObject({ isLive: true, viewKey: viewKey + 2 });
    expect(seqs()).toContain(1_200);
  });

  it("to what is shown already stays in the same view", async () => {
    const { view, now, subscribe } = await begin(3);
    subscribe();
    await settled();
    const { viewKey } = now();
    view.jumpTo(2);
    expect(now()).toMatchObject({ target: 2, viewKey });
  });

  it("that fails says so, and is tried again when asked, but not by itself", async () => {
    const { api, store, view, now, subscribe, server, sync } = await begin(1_200);
    server.read(1_200);
    await sync.refresh();
    subscribe();
    await settled();
    api.refused = 503;
    view.jumpTo(500);
    await settled();
    expect(now()).toMatchObject({ fetching: undefined, target: undefined, isLive: true, isIncomplete: true });
    api.refused = undefined;
    view.retry();
    expect(now()).toMatchObject({ fetching: 500, isIncomplete: false });
    await settled();
    expect(now().target).toBe(500);
    view.toEnd();
    api.refused = 503;
    view.jumpTo(900);
    await settled();
    api.refused = undefined;
    store.dispatch({ type: "connection", connection: "live" });
    await settled();
    expect(now()).toMatchObject({ target: undefined, isLive: true, isIncomplete: false });
  });
});

describe("more of the log", () => {
  it("is fetched before and after what is shown, until both ends are reached", async () => {
    const { api, view, now, seqs, subscribe, server, sync } = await begin(300);
    server.read(300);
    await sync.refresh();
    subscribe();
    await settled();
    view.jumpTo(100);
    await settled();
    view.arrived();
    const [first = 0, last = 0] = [seqs()[0], seqs().at(-1)];
    api.takeAsked();
    view.loadOlder();
    view.loadOlder();
    expect(now().isLoadingOlder).toBe(true);
    view.loadNewer();
    await settled();
    expect(api.takeAsked()).toEqual([`messages before ${first}`, `messages after ${last}`]);
    expect(now().isLoadingOlder).toBe(false);
    expect(seqs()[0]).toBeLessThan(first);
    expect(seqs().at(-1)).toBeGreaterThan(last);
    for (let pages = 0; pages < 5; pages += 1) {
      view.loadOlder();
      view.loadNewer();
      await settled();
    }
    expect(now()).toMatchObject({ isLive: true, segment: { from: 1, to: 300 } });
    api.takeAsked();
    view.loadOlder();
    view.loadNewer();
    expect(api.takeAsked()).toEqual([]);
  });

  it.each([
    ["older", { from: 1 }],
    ["newer", { to: 300 }],
  ] as const)(
    "that could not be fetched is not asked for again until there is a chance: %s",
    async (which, end) => {
      const { api, store, view, now, subscribe, server, sync } = await begin(300);
      server.read(300);
      await sync.refresh();
      subscribe();
      await settled();
      view.jumpTo(150);
      await settled();
      view.arrived();
      const load = which === "older" ? view.loadOlder : view.loadNewer;
      api.refused = 503;
      await load();
      expect(now()).toMatchObject({ isIncomplete: true, isLoadingOlder: false });
      api.takeAsked();
      await load();
      expect(api.takeAsked()).toEqual([]);
      view.retry();
      await settled();
      expect(api.takeAsked()).toHaveLength(1);
      expect(now().isIncomplete).toBe(true);
      api.refused = undefined;
      store.dispatch({ type: "connection", connection: "live" });
      await settled();
      expect(now().isIncomplete).toBe(false);
      for (let pages = 0; pages < 5; pages += 1) await load();
      expect(now().segment).toMatchObject(end);
    },
  );

  it("is dropped far from the window, on the side from which one comes", async () => {
    const { store, view, now, subscribe, server, sync } = await begin(1);
    server.read(1);
    await sync.refresh();
    subscribe();
    await settled();
    const many = Array.from({ length: KEPT_WHEN_OPEN + 50 }, (_, at) => messageEvent(at + 2, "bo"));
    store.dispatch({ type: "events", topic: TOPIC, events: many });
    const end = KEPT_WHEN_OPEN + 51;
    view.trim(600);
    const older = now().segment;
    expect(older).toMatchObject({ from: 1 });
    expect(older?.to).toBeLessThan(end);
    // The view stays there although the end of the log is another segment now.
    store.dispatch({ type: "events", topic: TOPIC, events: [messageEvent(end + 1, "bo")] });
    expect(now().segment).toEqual(older);
    view.trim("end");
    expect(now().segment).toEqual(older);
  });
});
