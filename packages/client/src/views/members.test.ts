import type { Member } from "@chinwag/protocol";
import { describe, expect, it, vi } from "vitest";
import { Refused } from "../failure.ts";
import { createStore } from "../state/store.ts";
import { emptyRoom, header, TOPIC } from "../state/testing/events.ts";
import { settled } from "../sync/testing/set-up.ts";
import { members, OFFERED } from "./members.ts";

const member = (name: string, owner = false): Member => ({ name, owner, read_seq: 0 });
const SEEN = "2026-11-22T10:00:00Z";
const byName = (one: string, other: string) => (one < other ? -1 : 1);
const names = (list: readonly Member[]) => list.map(({ name }) => name);

/** A client that knows these people, and a server where these are in the room. */
const setUp = (inside: string[], known: string[] = [], owner = false) => {
  const store = createStore({ name: "ana", admin: false });
  store.dispatch({ type: "rooms", rooms: [{ ...emptyRoom(TOPIC), owner }] });
  store.dispatch({ type: "people", people: known.map((name) => ({ name, state: "online", live: true })) });
  const server = { inside: inside.map((name) => member(name)), refusal: undefined as Refused | undefined };
  const answer = async () => {
    if (server.refusal) throw server.refusal;
  };
  const chat = {
    store,
    loadMembers: async (topic: string) => {
      await answer();
      store.dispatch({ type: "members", topic, members: [...server.inside] });
    },
    api: {
      join: async (topic: string, { name = "" } = {}) => {
        await answer();
        server.inside.push(member(name));
        return emptyRoom(topic);
      },
      leave: async (_: string, name?: string) => {
        await answer();
        server.inside = server.inside.filter((each) => each.name !== name);
      },
    },
  };
  const view = members(chat, TOPIC, byName);
  const listener = vi.fn();
  return { store, server, view, listener, now: view.getSnapshot, open: () => view.subscribe(listener) };
};

describe("the members of a room", () => {
  it("are fetched when somebody subscribes", async () => {
    const { now, open } = setUp(["constructor", "ana"]);
    expect(now()).toMatchObject({ count: undefined, isLoading: false, shown: [] });
    open();
    expect(now().isLoading).toBe(true);
    await settled();
    expect(now()).toMatchObject({ count: 2, isLoading: false, problem: undefined });
    expect(names(now().shown)).toEqual(["ana", "constructor"]);
  });

  it("say why they could not be fetched, and are fetched when asked again", async () => {
    const { server, view, now, open } = setUp(["ana"]);
    server.refusal = new Refused(503, { code: "internal" });
    open();
    await settled();
    expect(now()).toMatchObject({ count: undefined, isLoading: false, problem: { code: "internal" } });
    server.refusal = undefined;
    await view.load();
    expect(now()).toMatchObject({ count: 1, problem: undefined });
  });

  it("are owners first, then by name, as far as they are searched for", async () => {
    const { server, view, now, open } = setUp(["bo", "ana", "carla"]);
    server.inside.push(member("zoe", true));
    open();
    await settled();
    expect(names(now().shown)).toEqual(["zoe", "ana", "bo", "carla"]);
    view.find(" AR");
    expect(now()).toMatchObject({ count: 4, wanted: " AR" });
    expect(names(now().shown)).toEqual(["carla"]);
  });

  it("stay the same objects, and nobody is told, while others come and go or write", async () => {
    const { store, now, open, listener } = setUp(["ana", "bo"]);
    open();
    await settled();
    const before = now();
    listener.mockClear();
    store.dispatch({ type: "presence", name: "bo", presence: { state: "away", last_seen: SEEN } });
    store.dispatch({ type: "read", topic: TOPIC, name: "bo", seq: 0 });
    expect(now()).toBe(before);
    expect(listener).not.toHaveBeenCalled();
    const join = { ...header(1, "bo"), type: "join" as const, name: "cyd" };
    store.dispatch({ type: "events", topic: TOPIC, events: [join] });
    expect(listener).toHaveBeenCalledOnce();
    expect(names(now().shown)).toEqual(["ana", "bo", "cyd"]);
    expect(now().shown[1]).toBe(before.shown[1]);
  });

  it("may be removed by the room's owner and by administrators", async () => {
    expect(setUp(["ana"]).now().mayRemove).toBe(false);
    const { server, view, now, open } = setUp(["ana", "bo"], [], true);
    expect(now().mayRemove).toBe(true);
    open();
    await settled();
    await view.remove("bo");
    expect(names(now().shown)).toEqual(["ana"]);
    server.refusal = new Refused(403, { code: "not_authorized" });
    await expect(view.remove("ana")).rejects.toBe(server.refusal);
    const { store, now: other, open: openOther } = setUp(["ana"]);
    openOther();
    store.dispatch({ type: "admin", admin: true });
    expect(other().mayRemove).toBe(true);
  });
});

describe("adding a member", () => {
  it("offers some people who are not in the room", async () => {
    const known = Array.from({ length: OFFERED + 4 }, (_, at) => `person${String(at).padStart(2, "0")}`);
    const { store, view, now, open } = setUp(["ana", "person01"], known.toReversed());
    open();
    await settled();
    expect(now().offered).toEqual([]);
    view.type(" Person");
    expect(now()).toMatchObject({ typed: " Person" });
    expect(now().offered).toEqual(["person00", ...known.slice(2, OFFERED + 1)]);
    view.type("person02");
    expect(now().offered).toEqual([]);
    view.type("erso");
    store.dispatch({ type: "presence", name: "erson", presence: { state: "online", last_seen: SEEN } });
    expect(now().offered[0]).toBe("erson");
  });

  it("takes the typed name, or another, and forgets what was typed only if it succeeds", async () => {
    const { server, view, now, open } = setUp(["ana"]);
    open();
    await settled();
    view.type(" Bo ");
    server.refusal = new Refused(404, { code: "not_found" });
    await expect(view.add()).rejects.toBe(server.refusal);
    expect(now()).toMatchObject({ count: 1, typed: " Bo " });
    server.refusal = undefined;
    await view.add();
    expect(now().typed).toBe("");
    await view.add("cyd");
    expect(names(now().shown)).toEqual(["ana", "bo", "cyd"]);
  });
});
