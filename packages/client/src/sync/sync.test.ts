import { describe, expect, it, vi } from "vitest";
import { ME, TOPIC } from "../state/testing/events.ts";
import { Server } from "../state/testing/server.ts";
import { settled, setUp } from "./testing/set-up.ts";

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
