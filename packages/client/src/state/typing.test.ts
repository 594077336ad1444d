import { describe, expect, it, vi } from "vitest";
import type { Store } from "./store.ts";
import { newStore, TOPIC } from "./testing/events.ts";
import { Server } from "./testing/server.ts";
import { freshStore, hear } from "./testing/steps.ts";

const typing = ({ state }: Store, topic = TOPIC): string[] => [...(state.typing.get(topic)?.keys() ?? [])];
const type = (store: Store, name: string, until: number): void =>
  store.dispatch({ type: "typing", topic: TOPIC, name, until });

describe("typing", () => {
  it("ends by a message, by a notice, and after a while", () => {
    const server = new Server();
    const store = freshStore(server);
    for (const name of ["bo", "cyd", "dee"]) type(store, name, 6_000);
    type(store, "eve", 7_000);
    hear(store, server.say("bo"));
    expect(typing(store)).toEqual(["cyd", "dee", "eve"]);
    type(store, "cyd", 0);
    expect(typing(store)).toEqual(["dee", "eve"]);
    store.dispatch({ type: "clock", now: 6_000 });
    expect(typing(store)).toEqual(["eve"]);
    store.dispatch({ type: "clock", now: 7_000 });
    expect(store.state.typing.size).toBe(0);
  });

  it("ends for somebody who left or was removed", () => {
    const server = new Server();
    const store = freshStore(server);
    for (const name of ["bo", "cyd"]) type(store, name, 6_000);
    hear(store, server.note("leave", "bo"));
    expect(typing(store)).toEqual(["cyd"]);
  });

  it("does not end by a message in another room, or by something else than a message", () => {
    const server = new Server();
    const store = freshStore(server);
    type(store, "bo", 6_000);
    store.dispatch({ type: "events", topic: "walks", events: [{ ...server.say("bo"), topic: "walks" }] });
    expect(typing(store)).toEqual(["bo"]);
    server.rewind(0);
    hear(store, server.note("join", "bo"));
    expect(typing(store)).toEqual(["bo"]);
  });

  it("is unknown without a connection, and in a room that I left", () => {
    const store = newStore();
    type(store, "bo", 6_000);
    store.dispatch({ type: "connection", connection: "live" });
    expect(typing(store)).toEqual(["bo"]);
    store.dispatch({ type: "gone", topic: TOPIC });
    expect(typing(store)).toEqual([]);
    type(store, "bo", 6_000);
    store.dispatch({ type: "connection", connection: "waiting" });
    expect(typing(store)).toEqual([]);
  });

  it("concerns the listeners of its room only, and only when it changes", () => {
    const store = newStore();
    const [here, elsewhere] = [vi.fn(), vi.fn()];
    store.state.typing.subscribe(TOPIC, here);
    store.state.typing.subscribe("walks", elsewhere);
    type(store, "bo", 6_000);
    type(store, "cyd", 0);
    store.dispatch({ type: "clock", now: 5_999 });
    expect(here).toHaveBeenCalledTimes(1);
    expect(elsewhere).not.toHaveBeenCalled();
  });
});
