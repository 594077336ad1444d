import { describe, expect, it } from "vitest";
import { ME, messageEvent, TOPIC } from "../state/testing/events.ts";
import { Server } from "../state/testing/server.ts";
import { range, settled, setUp } from "./testing/set-up.ts";

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

  it("remembers the event for which it was fetched, if the response does not have it yet", async () => {
    const { api, sync, server, arrive, held } = setUp();
    api.remove(TOPIC);
    await sync.refresh();
    api.add(server);
    arrive(TOPIC, messageEvent(5, "bo"));
    await settled();
    expect(held()).toMatchObject({ applied: 3, head: 5 });
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
    expect(notice.mock.calls.flat()).toEqual([
      { type: "invited", by: "bo", room: TOPIC },
      { type: "removed", by: "bo", room: TOPIC },
    ]);
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
