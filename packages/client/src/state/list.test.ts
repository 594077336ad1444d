import { describe, expect, it } from "vitest";
import type { Store } from "./store.ts";
import { ME, TOPIC } from "./testing/events.ts";
import { Server } from "./testing/server.ts";
import { backfill, freshStore, hear, heldOf, load, refresh } from "./testing/steps.ts";

const listed = (store: Store) => heldOf(store).room;

const start = (length = 0) => {
  const server = new Server();
  for (let at = 0; at < length; at += 1) server.say("bo");
  return { server, store: freshStore(server) };
};

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
    const { server, store } = start();
    hear(store, server.say("bo"));
    const older = server.last_seq;
    server.edit(1, "better");
    refresh(store, server);
    load(store, server, { before: 2 }, 10, older);
    expect(heldOf(store)).toMatchObject({ applied: 1, room: { last_message: { text: "better" } } });
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
