import { describe, expect, it, vi } from "vitest";
import { ME, TOPIC } from "../state/testing/events.ts";
import { Server } from "../state/testing/server.ts";
import { range, settled, setUp } from "./testing/set-up.ts";

describe("the list of rooms", () => {
  it("has what arrives before the rooms are known", async () => {
    const { store, server, sync, arrive, last, seqs } = setUp();
    store.dispatch({ type: "open", topic: TOPIC });
    const underWay = sync.refresh();
    arrive(TOPIC, server.say("bo"));
    await underWay;
    await settled();
    expect(last()).toBe(4);
    expect(seqs()).toEqual(range(1, 4));
  });

  it("is brought up to date after an absence, with requests for what is missing only", async () => {
    const { server, sync, api, open, seqs } = setUp();
    await open();
    server.say("bo");
    server.say("bo");
    await sync.refresh();
    expect(seqs()).toEqual(range(1, 5));
    expect(api.takeAsked().sort()).toEqual(["events after 3", "people", "rooms"]);
  });

  it("is not refreshed by a response from before the connection was made", async () => {
    const { server, sync, api, last } = setUp();
    api.hold();
    const early = sync.refresh();
    await settled();
    server.say("bo");
    const connected = sync.refresh();
    api.release();
    await Promise.all([early, connected]);
    expect(last()).toBe(4);
  });

  it("is refreshed by one request at most, after a reconnection with news in 100 rooms", async () => {
    const { api, sync, note, last } = setUp();
    const servers = range(1, 100).map((at) => new Server(`room-${at}`));
    api.add(...servers);
    await sync.refresh();
    api.takeAsked();
    for (const server of servers) server.say("bo");
    const refreshed = sync.refresh();
    note({ type: "heads", rooms: Object.fromEntries(servers.map(({ topic }) => [topic, 1])) });
    await refreshed;
    await settled();
    expect(api.takeAsked().sort()).toEqual(["people", "rooms"]);
    expect(servers.map(({ topic }) => last(topic))).toEqual(servers.map(() => 1));
  });

  it("is fetched once if many rooms are behind, and a single room alone", async () => {
    const { api, sync, arrive, last, server } = setUp();
    const servers = range(1, 100).map((at) => new Server(`room-${at}`));
    api.add(...servers);
    await sync.refresh();
    api.takeAsked();
    // The first event of each is lost.
    for (const each of servers) {
      each.say("bo");
      arrive(each.topic, each.say("bo"));
    }
    await settled();
    expect(api.takeAsked()).toEqual(["rooms"]);
    expect(servers.map(({ topic }) => last(topic))).toEqual(servers.map(() => 2));
    server.say("bo");
    arrive(TOPIC, server.say("bo"));
    await settled();
    expect(api.takeAsked()).toEqual([`room ${TOPIC}`]);
    expect(last()).toBe(5);
  });

  it("has an event that arrives while a room is fetched", async () => {
    const { api, sync, server, arrive, last, held } = setUp();
    await sync.refresh();
    api.takeAsked();
    server.say("bo");
    // The response does not have the sixth event.
    api.meanwhile = () => arrive(TOPIC, server.say("bo"));
    arrive(TOPIC, server.say("bo"));
    await settled();
    expect([last(), held()?.head]).toEqual([6, 6]);
    expect(api.takeAsked()).toEqual([`room ${TOPIC}`, `room ${TOPIC}`]);
  });

  it("is not asked for without end, if the server is behind what it told", async () => {
    const { api, sync, note } = setUp();
    await sync.refresh();
    api.takeAsked();
    note({ type: "heads", rooms: { [TOPIC]: 9 } });
    await settled();
    expect(api.takeAsked()).toEqual([`room ${TOPIC}`]);
  });

  it("keeps a room about which the server cannot answer", async () => {
    const { api, sync, note, last, trouble } = setUp();
    await sync.refresh();
    for (const status of [401, 429, 500, 503]) {
      api.refused = status;
      note({ type: "heads", rooms: { [TOPIC]: 9 } });
      await settled();
    }
    expect(last()).toBe(3);
    expect(trouble).toHaveBeenCalledTimes(4);
    api.refused = 403;
    note({ type: "heads", rooms: { [TOPIC]: 9 } });
    await settled();
    expect(last()).toBeUndefined();
  });
});

describe("a room that is not known", () => {
  it("is fetched when something happens in it, with all that happens meanwhile", async () => {
    const { api, sync, server, arrive, last } = setUp();
    api.remove(TOPIC);
    await sync.refresh();
    api.add(server);
    api.meanwhile = () => arrive(TOPIC, server.say("bo"));
    arrive(TOPIC, server.say("bo"));
    await settled();
    expect(last()).toBe(5);
  });

  it("is fetched when its log's end is told, and stays unknown if I may not see it", async () => {
    const { api, sync, server, note, arrive, last } = setUp();
    api.remove(TOPIC);
    await sync.refresh();
    note({ type: "heads", rooms: { [TOPIC]: 3 } });
    arrive(TOPIC, server.say("bo"));
    await settled();
    expect(last()).toBeUndefined();
    api.add(server);
    note({ type: "heads", rooms: { [TOPIC]: 4 } });
    await settled();
    expect(last()).toBe(4);
  });

  it("appears with an invitation, and goes with a removal, of which I am told unless it was me", async () => {
    const { api, sync, server, note, notice, last } = setUp();
    api.remove(TOPIC);
    await sync.refresh();
    api.add(server);
    note({ type: "invited", topic: TOPIC, by: "bo" });
    await settled();
    expect(last()).toBe(3);
    note({ type: "removed", topic: TOPIC, by: "bo" });
    expect(last()).toBeUndefined();
    expect(notice.mock.calls.flat()).toEqual([`bo added you to ${TOPIC}.`, `bo removed you from ${TOPIC}.`]);
    note({ type: "removed", topic: TOPIC, by: ME });
    expect(notice).toHaveBeenCalledTimes(2);
  });
});

describe("a room that I leave", () => {
  it("goes with my leaving, but not with one that is older than my return", async () => {
    const { sync, server, arrive, last } = setUp();
    const left = { ...server.note("leave", ME), name: ME };
    server.note("join", ME);
    await sync.refresh();
    arrive(TOPIC, left);
    expect(last()).toBe(5);
    arrive(TOPIC, server.note("leave", ME));
    expect(last()).toBeUndefined();
  });

  it("is not brought back by an older response, nor is one lost that I entered meanwhile", async () => {
    const { api, sync, store } = setUp();
    const walks = new Server("walks");
    api.hold();
    const underWay = sync.refresh();
    await settled();
    sync.gone(TOPIC);
    sync.enter(walks.room());
    api.release();
    await underWay;
    expect([...store.state.rooms.keys()]).toEqual(["walks"]);
  });

  it("takes from a response that is newer than what was learnt meanwhile what is newer in it", async () => {
    const { api, sync, server, last } = setUp();
    await sync.refresh();
    const older = server.room();
    server.say("bo");
    api.meanwhile = () => sync.enter(older);
    await sync.refresh();
    expect(last()).toBe(4);
  });
});

describe("a room that is subscribed to late", () => {
  it("is fetched completely, if it is open", async () => {
    const { server, sync, open, seqs } = setUp();
    await open();
    server.say("bo");
    await sync.catchUp(TOPIC);
    expect(seqs()).toEqual(range(1, 4));
  });

  it("is not brought up to date by a response from before", async () => {
    const { api, server, sync, last } = setUp();
    await sync.refresh();
    api.hold();
    const early = sync.fetchRoom(TOPIC);
    await settled();
    server.say("bo");
    const late = sync.catchUp(TOPIC);
    api.release();
    await Promise.all([early, late]);
    expect(last()).toBe(4);
  });
});

describe("people", () => {
  const person = (name: string, live: boolean) => ({ name, state: "online" as const, live });
  const last_seen = "2026-11-22T10:00:00.000Z";

  it("are as was told last, also while they are fetched", async () => {
    const { api, sync, store, arrive } = setUp();
    api.listed.push(person("bo", true), person("cyd", true));
    api.hold();
    const underWay = sync.refresh();
    await settled();
    arrive("users/bo/presence", { state: "away", last_seen });
    api.release();
    await underWay;
    expect([...store.state.people.values()].map(({ state }) => state)).toEqual(["away", "online"]);
    arrive("users/bo/presence", "");
    expect(store.state.people.get("bo")?.state).toBe("offline");
  });

  it("are fetched again when somebody joins whose presence is published to me from then on", async () => {
    const { api, sync, server, arrive } = setUp();
    const join = async () => {
      arrive(TOPIC, { ...server.note("join", "cyd"), name: "cyd" });
      await settled();
      return api.takeAsked();
    };
    api.listed.push(person("cyd", false));
    await sync.refresh();
    api.takeAsked();
    expect(await join()).toEqual(["people"]);
    api.listed.splice(0, 1, person("cyd", true));
    await sync.refreshPeople();
    api.takeAsked();
    expect(await join()).toEqual([]);
  });

  it("are typing until they say so, or for some seconds", async () => {
    vi.useFakeTimers();
    try {
      const { sync, store, arrive } = setUp();
      await sync.refresh();
      const names = () => [...(store.state.typing.get(TOPIC)?.keys() ?? [])];
      for (const name of ["bo", "cyd"])
        arrive(`users/${name}/activity/${TOPIC}`, { type: "typing", typing: true });
      expect(names()).toEqual(["bo", "cyd"]);
      arrive(`users/cyd/activity/${TOPIC}`, { type: "typing", typing: false });
      expect(names()).toEqual(["bo"]);
      await vi.advanceTimersByTimeAsync(5_000);
      expect(names()).toEqual(["bo"]);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(names()).toEqual([]);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("what arrives", () => {
  it("tells what became of a send", async () => {
    const { note, answered } = setUp();
    const sent = { type: "sent", topic: TOPIC, msg_id: "a", seq: 4 };
    const topic = `users/${ME}/send/${TOPIC}`;
    const refused = { type: "refused", topic, msg_id: "b", code: "not_authorized", detail: "no" };
    note(sent);
    note(refused);
    expect(answered.mock.calls).toEqual([[sent], [refused]]);
  });

  it("tells how far I and others have read", async () => {
    const { sync, note, arrive, held } = setUp();
    await sync.refresh();
    note({ type: "unread", rooms: { [TOPIC]: { read_seq: 2, unread: 1, topic: "walks", type: "gone" } } });
    expect(held()?.room).toMatchObject({ read_seq: 2, unread: 1 });
    arrive(`users/bo/activity/${TOPIC}`, { type: "read", read_seq: 3 });
    expect([...(held()?.reads ?? [])]).toEqual([["bo", 3]]);
  });

  it("may be about rooms and people called like properties of objects", async () => {
    const { api, sync, note, arrive, held, store } = setUp();
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"];
    const servers = names.map((name) => new Server(name));
    api.add(...servers);
    for (const server of servers) for (let at = 0; at < 2; at += 1) server.say("bo");
    await sync.refresh();
    for (const server of servers) server.say("bo");
    // As text: in the source, `__proto__` would not be a key.
    const rooms = (value: string) => `{${names.map((name) => `"${name}":${value}`).join()}}`;
    arrive(`users/${ME}/inbox`, `{"type":"heads","rooms":${rooms("3")}}`);
    await settled();
    expect(names.map((name) => held(name)?.room.last_seq)).toEqual([3, 3, 3, 3, 3]);
    arrive(`users/${ME}/inbox`, `{"type":"unread","rooms":${rooms('{"read_seq":2,"unread":1}')}}`);
    expect(names.map((name) => held(name)?.room.unread)).toEqual([1, 1, 1, 1, 1]);
    for (const server of servers) {
      arrive(server.topic, server.say(server.topic));
      arrive(`users/${server.topic}/activity/${TOPIC}`, { type: "typing", typing: true });
      arrive(`users/${server.topic}/presence`, { state: "online", last_seen: "x" });
    }
    expect(names.map((name) => held(name)?.room.unread)).toEqual([2, 2, 2, 2, 2]);
    expect([...(store.state.typing.get(TOPIC)?.keys() ?? [])]).toEqual(names);
    expect([...store.state.people.keys()]).toEqual(names);
    note({ type: "removed", topic: "__proto__", by: "bo" });
    expect([...store.state.rooms.keys()]).toEqual([TOPIC, ...names.slice(1)]);
    sync.stop();
  });

  it("changes nothing if it is not understood", async () => {
    const { store, sync, arrive, trouble } = setUp();
    await sync.refresh();
    const listener = vi.fn();
    const { rooms, people, typing, session, outbox } = store.state;
    for (const table of [rooms, people, typing]) table.subscribeAll(listener);
    for (const cell of [session, outbox]) cell.subscribe(listener);
    for (const [topic, value] of [
      [TOPIC, "not json"],
      [TOPIC, { seq: "4" }],
      [TOPIC, []],
      [`users/bo/activity/${TOPIC}`, "x"],
      [`users/bo/activity/${TOPIC}`, { type: "dancing" }],
      [`users/bo/activity/${TOPIC}`, { type: "read", read_seq: "2" }],
      [`users/bo/read/${TOPIC}`, "2"],
      ["users/ana/inbox", { type: "fanfare" }],
      ["users/ana/inbox", { type: "heads" }],
      ["users/ana/inbox", { type: "heads", rooms: { [TOPIC]: "9" } }],
      ["users/ana/inbox", { type: "unread", rooms: null }],
      ["users/ana/inbox", { type: "unread", rooms: { [TOPIC]: {} } }],
      ["users/bo/inbox", { type: "removed", topic: TOPIC, by: "cyd" }],
      ["users/", "{}"],
      [`users/bo/dance/${TOPIC}`, "{}"],
    ] as const) {
      arrive(topic, value);
    }
    await settled();
    expect(listener).not.toHaveBeenCalled();
    expect(trouble).not.toHaveBeenCalled();
  });
});
