import type { Event, Room } from "@chinwag/protocol";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { createApi } from "../api/http.ts";
import { Refused } from "../failure.ts";
import { emptyState } from "../state/model.ts";
import { reduce } from "../state/reducer.ts";
import { createStore } from "../state/store.ts";
import { Sync } from "./sync.ts";

const said = (seq: number): Event => ({
  seq,
  topic: "general",
  sender: "bo",
  sent_at: new Date(seq * 1000).toISOString(),
  type: "message",
  msg_id: `id-${seq}`,
  text: `text ${seq}`,
});

const joined = (seq: number): Event => ({ ...said(seq), type: "join", name: "cyd" }) as Event;

/** The fake server: one room, its log, and the requests it received. */
const server = { log: [] as Event[], epoch: "e1", rewound: false, asked: [] as string[] };

const roomNow = (): Room => ({
  topic: "general",
  title: "General",
  purpose: "",
  private: false,
  direct: false,
  member: true,
  owner: false,
  members: 2,
  epoch: server.epoch,
  last_seq: server.log.length,
  read_seq: 0,
  unread: 0,
});

const answer = <T>(asked: string, value: T): Promise<T> => {
  server.asked.push(asked);
  return Promise.resolve(value);
};

const api = createApi({ url: "http://server.test" });

const setUp = () => {
  const store = createStore(reduce, emptyState({ name: "ana", admin: false }));
  const trouble = vi.fn();
  const notice = vi.fn();
  const answered = vi.fn();
  const sync = new Sync(store, api, { trouble, notice, answered });
  const arrive = (topic: string, value: unknown) =>
    sync.take(topic, new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value)));
  const seqs = () => store.get().rooms.general?.events.map((event) => event.seq);
  return { store, sync, trouble, notice, answered, arrive, seqs };
};

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("the sync", () => {
  beforeEach(() => {
    Object.assign(server, { log: [1, 2, 3].map(said), epoch: "e1", rewound: false, asked: [] });
    vi.spyOn(api, "rooms").mockImplementation(() => answer("rooms", { rooms: [roomNow()] }));
    vi.spyOn(api, "people").mockImplementation(() => answer("people", { people: [] }));
    vi.spyOn(api, "room").mockImplementation(() => answer("room", roomNow()));
    vi.spyOn(api, "messages").mockImplementation((topic, { before, limit }) => {
      const messages = server.log
        .flatMap((event) => (event.type === "message" ? { ...event, changed_seq: event.seq } : []))
        .filter((message) => message.seq < before)
        .slice(-limit);
      return answer(`messages before ${before}`, {
        topic,
        epoch: server.epoch,
        last_seq: server.log.length,
        messages,
      });
    });
    vi.spyOn(api, "events").mockImplementation((topic, { after, limit }) => {
      const events = server.rewound ? [] : server.log.slice(after, after + limit);
      const base = { topic, epoch: server.epoch, last_seq: server.log.length, events };
      return answer(`events after ${after}`, server.rewound ? { ...base, reset: true } : base);
    });
  });

  it("fills a gap from the log, once, however much arrives meanwhile", async () => {
    const { store, sync, arrive, seqs } = setUp();
    store.dispatch({ type: "open", topic: "general" });
    await sync.refresh();
    server.log.push(...[4, 5, 6, 7].map(said));
    server.asked.length = 0;
    arrive("general", said(6));
    arrive("general", said(7));
    await settled();
    expect(seqs()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(server.asked).toEqual(["events after 3"]);
  });

  it("loses nothing that arrives before the rooms are known", async () => {
    const { store, sync, arrive, seqs } = setUp();
    store.dispatch({ type: "open", topic: "general" });
    const under_way = sync.refresh();
    server.log.push(said(4));
    arrive("general", said(4));
    await under_way;
    await settled();
    expect(store.get().rooms.general?.room.last_seq).toBe(4);
    expect(seqs()).toEqual([1, 2, 3, 4]);
  });

  it("catches up after an absence, and only asks for what is missing", async () => {
    const { store, sync, seqs } = setUp();
    store.dispatch({ type: "open", topic: "general" });
    await sync.refresh();
    server.log.push(said(4), said(5));
    server.asked.length = 0;
    await sync.refresh();
    expect(seqs()).toEqual([1, 2, 3, 4, 5]);
    expect(server.asked.filter((asked) => asked.startsWith("messages"))).toEqual([]);
  });

  it("starts a room over when the log cannot fill the gap, or is another one", async () => {
    const { store, sync, arrive, seqs } = setUp();
    store.dispatch({ type: "open", topic: "general" });
    await sync.refresh();
    server.log = Array.from({ length: 30 }, (_, i) => said(i + 1));
    server.rewound = true;
    arrive("general", said(30));
    await settled();
    expect(seqs()).toEqual(server.log.map((event) => event.seq));

    server.log = [said(1)];
    server.epoch = "e2";
    await sync.refresh();
    expect(seqs()).toEqual([1]);
  });

  it("finds joins and leaves where messages leave holes in the count", async () => {
    server.log = [said(1), joined(2), said(3), said(4)];
    const { store, sync, seqs } = setUp();
    store.dispatch({ type: "open", topic: "general" });
    await sync.refresh();
    expect(seqs()).toEqual([1, 2, 3, 4]);
  });

  it("holds no change of a message as an event of its own, from history or live", async () => {
    const change = (seq: number, body: object) => ({ ...joined(seq), ...body }) as Event;
    const reacted = (seq: number) => change(seq, { type: "react", target: 1, emoji: "👍", on: true });
    server.log = [said(1), reacted(2), joined(3), change(4, { type: "delete", target: 1 }), said(5)];
    const { store, sync, arrive, seqs } = setUp();
    store.dispatch({ type: "open", topic: "general" });
    await sync.refresh();
    expect(seqs()).toEqual([1, 3, 5]);
    server.log.push(change(6, { type: "react", target: 5, emoji: "👍", on: true }));
    arrive("general", server.log[5]);
    expect(seqs()).toEqual([1, 3, 5]);
    expect(store.get().rooms.general?.events[2]).toMatchObject({ reactions: [{ emoji: "👍", count: 1 }] });
  });

  it("applies to history what arrives while it is under way", async () => {
    const { store, sync, arrive } = setUp();
    store.dispatch({ type: "open", topic: "general" });
    const ask = vi.mocked(api.messages).getMockImplementation();
    vi.mocked(api.messages).mockImplementation(async (topic, at) => {
      const before = await ask?.(topic, at);
      if (!before) throw new Error("no answer");
      server.log.push({ ...said(4), type: "edit", target: 2, text: "better" } as Event);
      arrive("general", server.log[3]);
      return before;
    });
    await sync.refresh();
    expect(store.get().rooms.general?.events[1]).toMatchObject({ text: "better", changed_seq: 4 });
  });

  it("fetches a room it did not know when something happens there, and forgets one it may not see", async () => {
    const { store, sync, arrive, notice } = setUp();
    vi.mocked(api.rooms).mockImplementation(() => answer("rooms", { rooms: [] }));
    await sync.refresh();
    arrive("general", said(3));
    await settled();
    expect(store.get().rooms.general?.room.last_seq).toBe(3);
    arrive("users/ana/inbox", { type: "removed", topic: "general", by: "bo" });
    expect(store.get().rooms.general).toBeUndefined();
    expect(notice).toHaveBeenCalledTimes(1);
    arrive("users/ana/inbox", { type: "removed", topic: "general", by: "ana" });
    expect(notice).toHaveBeenCalledTimes(1);
    vi.mocked(api.room).mockImplementation(() => Promise.reject(new Refused(404, { code: "not_found" })));
    arrive("general", said(4));
    await settled();
    expect(store.get().rooms.general).toBeUndefined();
  });

  it("keeps a room that can't be fetched right now, because the server is busy", async () => {
    const { store, sync, trouble } = setUp();
    await sync.refresh();
    const busy = new Refused(503, { code: "unavailable" });
    vi.mocked(api.room).mockImplementation(() => Promise.reject(busy));
    await expect(sync.catchUp("general")).rejects.toBe(busy);
    expect(store.get().rooms.general).toBeDefined();
    expect(trouble).not.toHaveBeenCalled();
  });

  it("fetches what is missing once it hears how far a log goes", async () => {
    const { store, sync, arrive, seqs } = setUp();
    store.dispatch({ type: "open", topic: "general" });
    await sync.refresh();
    server.log.push(...[4, 5].map(said));
    server.asked.length = 0;
    arrive("users/ana/inbox", { type: "heads", rooms: { general: 3 } });
    arrive("users/ana/inbox", { type: "heads", rooms: { general: 5 } });
    await settled();
    expect(seqs()).toEqual([1, 2, 3, 4, 5]);
    expect(server.asked).toEqual(["events after 3"]);
  });

  it("has all of a room that was subscribed to late", async () => {
    const { store, sync, seqs } = setUp();
    store.dispatch({ type: "open", topic: "general" });
    await sync.refresh();
    server.log.push(said(4));
    await sync.catchUp("general");
    expect(seqs()).toEqual([1, 2, 3, 4]);
  });

  it("fetches as much at first as there is new, whoever asks", async () => {
    server.log = Array.from({ length: 300 }, (_, i) => said(i + 1));
    const { store, sync, seqs } = setUp();
    vi.mocked(api.rooms).mockImplementation(() =>
      answer("rooms", { rooms: [{ ...roomNow(), read_seq: 150, unread: 100 }] }),
    );
    await sync.refresh();
    store.dispatch({ type: "open", topic: "general" });
    // Both the empty timeline, which is scrolled to its top, and whoever opens the room ask.
    await Promise.all([sync.loadOlder("general"), sync.loadFirst("general")]);
    expect(seqs()).toEqual(server.log.slice(129).map((event) => event.seq));
    expect(server.asked.slice(-2)).toEqual(["messages before 301", "messages before 201"]);
    await sync.loadOlder("general");
    expect(seqs()).toHaveLength(221);
  });

  it("takes no answer for newer than what came while it was under way", async () => {
    const { store, sync, arrive } = setUp();
    const last_seen_at = "2026-11-22T10:00:00.000Z";
    const person = (state: string) => ({ name: "bo", state, last_seen: last_seen_at, live: true });
    const held: (() => void)[] = [];
    const later = <T>(value: T) => new Promise<T>((go) => held.push(() => go(value)));
    vi.mocked(api.people).mockImplementation(() => later({ people: [person("online")] } as never));
    const walks = { ...roomNow(), topic: "walks" };
    vi.mocked(api.rooms).mockImplementation(() => later({ rooms: [roomNow()] }));
    const underWay = sync.refresh();
    const { state, last_seen } = person("offline");
    arrive("users/bo/presence", { state, last_seen });
    sync.gone("general");
    sync.enter(walks);
    for (const go of held) go();
    await underWay;
    expect(store.get().people.bo?.state).toBe("offline");
    expect(Object.keys(store.get().rooms)).toEqual(["walks"]);
  });

  it("asks for presence again where somebody's joining changes of whom I am told", async () => {
    const { sync, arrive } = setUp();
    const known = (live: boolean) => ({ name: "cyd", state: "online" as const, live });
    const asked = () => server.asked.filter((what) => what === "people").length;
    const join = async () => {
      const event = joined(server.log.length + 1);
      server.log.push(event);
      arrive("general", event);
      await settled();
    };
    vi.mocked(api.people).mockImplementation(() => answer("people", { people: [known(false)] }));
    await sync.refresh();
    const before = asked();
    await join();
    expect(asked()).toBe(before + 1);
    vi.mocked(api.people).mockImplementation(() => answer("people", { people: [known(true)] }));
    await sync.refreshPeople();
    const after = asked();
    await join();
    expect(asked()).toBe(after);
  });

  it("passes on what became of a send", async () => {
    const { sync, arrive, answered } = setUp();
    await sync.refresh();
    const sent = { type: "sent", topic: "general", msg_id: "a", seq: 4 };
    const topic = "users/ana/send/general";
    const refused = { type: "refused", topic, msg_id: "b", code: "not_a_member", detail: "no" };
    arrive("users/ana/inbox", sent);
    arrive("users/ana/inbox", refused);
    expect(answered.mock.calls).toEqual([[sent], [refused]]);
  });

  it("shrugs off what it does not understand", async () => {
    const { store, sync, arrive, trouble } = setUp();
    await sync.refresh();
    const before = store.get();
    for (const [topic, value] of [
      ["general", "not json"],
      ["general", { seq: "4" }],
      ["general", []],
      ["users/bo/activity/general", "x"],
      ["users/bo/activity/general", { type: "dancing" }],
      ["users/bo/read/general", "2"],
      ["users/ana/inbox", { type: "fanfare" }],
      ["users/bo/inbox", { type: "removed", topic: "general", by: "cyd" }],
      ["users/", "{}"],
      ["users/bo/dance/general", "{}"],
    ] as const) {
      arrive(topic, value);
    }
    await settled();
    expect(store.get()).toBe(before);
    expect(trouble).not.toHaveBeenCalled();
  });

  it("keeps typing and presence as told", async () => {
    vi.useFakeTimers();
    try {
      const { store, sync, arrive } = setUp();
      await sync.refresh();
      arrive("users/bo/activity/general", { type: "typing", typing: true });
      arrive("users/bo/presence", { state: "online", last_seen: "2026-11-22T10:00:00.000Z" });
      expect(Object.keys(store.get().typing.general ?? {})).toEqual(["bo"]);
      expect(store.get().people.bo?.state).toBe("online");
      vi.advanceTimersByTime(6_100);
      arrive("users/bo/presence", "");
      expect(store.get().typing).toEqual({});
      expect(store.get().people.bo?.state).toBe("offline");
    } finally {
      vi.useRealTimers();
    }
  });
});
