import { describe, expect, it } from "vitest";
import { TOPIC } from "../state/testing/events.ts";
import { Server } from "../state/testing/server.ts";
import { settled, setUp } from "./testing/set-up.ts";

const OTHER = "walks";

/** A client with two rooms on screen at once. */
const twoOpen = async () => {
  const here = setUp();
  const walks = new Server(OTHER);
  walks.say("bo");
  here.api.add(walks);
  await here.open();
  here.store.dispatch({ type: "open", topic: OTHER });
  await here.sync.history.loadFirst(OTHER);
  here.api.takeAsked();
  return { ...here, walks };
};

describe("two rooms on screen", () => {
  it("are both kept complete while messages arrive", async () => {
    const { server, walks, api, arrive, held } = await twoOpen();
    server.say("bo");
    arrive(TOPIC, server.say("bo"));
    walks.say("bo");
    arrive(OTHER, walks.say("bo"));
    await settled();
    expect(api.takeAsked().sort()).toHaveLength(2);
    expect([held(TOPIC)?.applied, held(OTHER)?.applied]).toEqual([5, 3]);
  });

  it("are both caught up after an interruption", async () => {
    const { server, walks, sync, held } = await twoOpen();
    server.say("bo");
    walks.say("bo");
    await sync.refresh();
    expect([held(TOPIC)?.applied, held(OTHER)?.applied]).toEqual([4, 2]);
  });

  it("are one when the other is closed", async () => {
    const { server, walks, store, sync, held } = await twoOpen();
    store.dispatch({ type: "close", topic: OTHER });
    server.say("bo");
    walks.say("bo");
    await sync.refresh();
    expect([held(TOPIC)?.applied, held(OTHER)?.applied]).toEqual([4, 1]);
  });
});
