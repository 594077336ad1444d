import type { Event } from "@chinwag/protocol";
import { afterEach, describe, expect, it, vi } from "vitest";
import { TOPIC } from "../state/testing/events.ts";
import { Server } from "../state/testing/server.ts";
import { Feed } from "./feed.ts";
import { range, settled, setUp } from "./testing/set-up.ts";

/** A client that has fetched its rooms, with a program that listens. */
const listening = async (length = 3) => {
  const here = setUp(length);
  const failed = vi.fn();
  const feed = new Feed({ store: here.store, api: here.api, failed });
  const heard: Event[] = [];
  await here.sync.loadRooms();
  const stop = feed.listen((event) => heard.push(event));
  here.api.takeAsked();
  return {
    ...here,
    ...{ feed, stop, failed },
    /** An event arrives here as in the chat: for programs at once, for the state with the next frame. */
    hear: (event: Event | undefined) => {
      if (event) feed.arrived(event);
      here.arrive(event?.topic ?? TOPIC, event);
    },
    seqs: (topic = TOPIC) => heard.filter((event) => event.topic === topic).map(({ seq }) => seq),
    heard,
  };
};

describe("the feed of events", () => {
  afterEach(() => vi.useRealTimers());

  it("begins with what happens from now on", async () => {
    const { server, hear, seqs, api } = await listening();
    hear(server.say("bo"));
    hear(server.say("bo"));
    await settled();
    expect(seqs()).toEqual([4, 5]);
    expect(api.takeAsked()).toEqual([]);
  });

  it("brings what was missed during an interruption, before what comes after it", async () => {
    const { server, hear, sync, seqs } = await listening();
    hear(server.say("bo"));
    server.say("bo");
    server.say("bo");
    await sync.refresh();
    hear(server.say("bo"));
    await settled();
    expect(seqs()).toEqual([4, 5, 6, 7]);
  });

  it("brings what was missed before the first event", async () => {
    const { server, sync, seqs } = await listening();
    server.say("bo");
    await sync.refresh();
    await settled();
    expect(seqs()).toEqual([4]);
  });

  it("brings an event of which the room's information told before", async () => {
    const { server, hear, sync, seqs } = await listening();
    const walks = new Server("walks");
    const [joined, said] = [walks.note("join", "ana"), walks.say("bo")];
    server.say("bo");
    sync.enter(walks.room());
    hear(joined);
    hear(said);
    hear(said);
    await settled();
    expect(seqs("walks")).toEqual([1, 2]);
  });

  it("passes each event on once when it arrives while it is being fetched", async () => {
    const { server, hear, api, seqs } = await listening();
    const [fourth, fifth, sixth] = range(4, 6).map(() => server.say("bo"));
    api.meanwhile = () => {
      hear(fifth);
      hear(server.say("bo"));
    };
    hear(fifth);
    hear(sixth);
    hear(fourth);
    await settled();
    expect(seqs()).toEqual([4, 5, 6, 7]);
  });

  it("fetches more than one page", async () => {
    const { server, hear, seqs } = await listening();
    for (let at = 0; at < 1_200; at += 1) server.say("bo");
    hear(server.say("bo"));
    await settled();
    expect(seqs()).toEqual(range(4, 1_204));
  });

  it("asks again after a failure, and not when nobody listens any more", async () => {
    const { server, hear, api, seqs, failed, stop } = await listening();
    vi.useFakeTimers();
    server.say("bo");
    api.refused = 503;
    hear(server.say("bo"));
    await vi.advanceTimersByTimeAsync(0);
    expect(failed).toHaveBeenCalledTimes(1);
    api.refused = undefined;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(seqs()).toEqual([4, 5]);
    api.refused = 503;
    server.say("bo");
    hear(server.say("bo"));
    await vi.advanceTimersByTimeAsync(0);
    stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not ask without end, if the server is behind what it told", async () => {
    const { api, note, seqs, sync } = await listening();
    await sync.refresh();
    api.takeAsked();
    note({ type: "heads", rooms: { [TOPIC]: 9 } });
    await settled();
    expect(api.takeAsked().filter((asked) => asked.startsWith("events"))).toEqual(["events after 3"]);
    expect(seqs()).toEqual([]);
  });

  it("goes on from the end when the server has too much, or another log", async () => {
    const { server, hear, api, sync, seqs } = await listening();
    server.say("bo");
    api.isReset = true;
    hear(server.say("bo"));
    await settled();
    api.isReset = false;
    hear(server.say("bo"));
    await settled();
    expect(seqs()).toEqual([6]);
    server.rewind(2);
    await sync.refresh();
    hear(server.say("bo"));
    await settled();
    expect(seqs()).toEqual([6, 3]);
  });

  it("begins anew in a room that I have left and joined again", async () => {
    const { server, hear, sync, seqs } = await listening();
    hear(server.note("leave", "ana"));
    server.say("bo");
    server.say("bo");
    sync.enter(server.room());
    hear(server.say("bo"));
    await settled();
    expect(seqs()).toEqual([4, 7]);
  });

  it("tells the other listeners, too, when one fails", async () => {
    const { feed, server, hear, seqs } = await listening();
    const thrown = new Promise((resolve) => process.once("uncaughtException", resolve));
    const others = process.listeners("uncaughtException").slice(0, -1);
    for (const other of others) process.off("uncaughtException", other);
    feed.listen(() => {
      throw new Error("a bug");
    });
    const late: number[] = [];
    feed.listen(({ seq }) => late.push(seq));
    hear(server.say("bo"));
    expect(await thrown).toMatchObject({ message: "a bug" });
    for (const other of others) process.on("uncaughtException", other);
    expect(seqs()).toEqual([4]);
    expect(late).toEqual([4]);
  });

  it("passes on every event once and in order, whatever gets lost or repeated", async () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const { server, hear, sync, seqs } = await listening();
      let state = seed;
      const chance = (of: number) => {
        state = (state * 48_271) % 2_147_483_647;
        return state % of;
      };
      for (let at = 0; at < 30; at += 1) {
        const event = server.say("bo");
        if (chance(3) > 0) hear(event);
        if (chance(5) === 0) hear(server.events(chance(server.last_seq), 1)[0]);
        if (chance(6) === 0) void sync.refresh();
        if (chance(4) === 0) await settled();
      }
      await settled();
      await sync.refresh();
      await settled();
      const [first = 0] = seqs();
      expect(seqs(), `seed ${seed}`).toEqual(range(first, server.last_seq));
      expect(first, `seed ${seed}`).toBeLessThanOrEqual(4);
    }
  });
});
