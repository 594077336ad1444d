import { describe, expect, it } from "vitest";
import { TOPIC } from "../state/testing/events.ts";
import { Server } from "../state/testing/server.ts";
import { range, settled, setUp } from "./testing/set-up.ts";

describe("the list of rooms", () => {
  it("has what arrives before the rooms are known", async () => {
    const { store, api, server, sync, arrive, last, seqs } = setUp();
    store.dispatch({ type: "open", topic: TOPIC });
    api.hold();
    const underWay = sync.refresh();
    await settled();
    arrive(TOPIC, server.say("bo"));
    api.release();
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

  it("is not refreshed by a response for which a gap asked before the connection was made", async () => {
    const { api, server, sync, arrive, last } = setUp();
    const walks = new Server("walks");
    api.add(walks);
    await sync.refresh();
    api.hold();
    for (const each of [server, walks]) {
      each.say("bo");
      arrive(each.topic, each.say("bo"));
    }
    await settled();
    server.say("bo");
    const connected = sync.refresh();
    api.release();
    await connected;
    expect([last(), last("walks")]).toEqual([6, 2]);
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
