import { describe, expect, it } from "vitest";
import { TOPIC } from "../state/testing/events.ts";
import { range, settled, setUp } from "./testing/set-up.ts";

const requests = (asked: readonly string[], what: string) => asked.filter((each) => each.startsWith(what));

describe("a gap in the log of the open room", () => {
  it("is filled once, however much arrives meanwhile", async () => {
    const { server, api, arrive, open, seqs } = setUp();
    await open();
    const [, , sixth, seventh] = range(4, 7).map(() => server.say("bo"));
    arrive(TOPIC, sixth);
    arrive(TOPIC, seventh);
    await settled();
    expect(seqs()).toEqual(range(1, 7));
    expect(api.takeAsked()).toEqual(["events after 3"]);
  });

  it("is filled again if an event arrives that the response does not have", async () => {
    const { server, api, arrive, open, seqs } = setUp();
    await open();
    server.say("bo");
    api.meanwhile = () => {
      server.say("bo");
      arrive(TOPIC, server.say("bo"));
    };
    arrive(TOPIC, server.say("bo"));
    await settled();
    expect(seqs()).toEqual(range(1, 7));
    expect(api.takeAsked()).toEqual(["events after 3", "events after 5"]);
  });

  it("is noticed by what the server tells of the log's end", async () => {
    const { server, api, note, open, seqs } = setUp();
    await open();
    server.say("bo");
    server.say("bo");
    note({ type: "heads", rooms: { [TOPIC]: 3 } });
    await settled();
    expect(api.takeAsked()).toEqual([]);
    note({ type: "heads", rooms: { [TOPIC]: 5 } });
    await settled();
    expect(seqs()).toEqual(range(1, 5));
    expect(api.takeAsked()).toEqual(["events after 3"]);
  });

  it("that the server cannot fill makes the log start over, with what was last said", async () => {
    const { server, api, arrive, open, seqs } = setUp();
    await open();
    for (let at = 0; at < 100; at += 1) server.say("bo");
    api.isReset = true;
    arrive(TOPIC, server.say("bo"));
    await settled();
    expect(seqs()).toEqual(range(1, 104));
    expect(api.takeAsked()).toEqual([
      "events after 3",
      `room ${TOPIC}`,
      "messages before 105",
      "messages before 5",
    ]);
  });

  it("loses no event that arrives while the log starts over", async () => {
    const { server, api, arrive, open, seqs } = setUp();
    await open();
    server.say("bo");
    api.isReset = true;
    const { room } = api;
    api.room = (topic) => {
      api.room = room;
      // The response does not have it.
      api.meanwhile = () => {
        api.isReset = false;
        server.say("bo");
        arrive(TOPIC, server.say("bo"));
      };
      return room(topic);
    };
    arrive(TOPIC, server.say("bo"));
    await settled();
    expect(seqs()).toEqual(range(1, 7));
  });

  it("that is too long is not fetched event by event", async () => {
    const { server, api, note, open, seqs } = setUp();
    await open();
    for (let at = 0; at < 2_001; at += 1) server.say("bo");
    note({ type: "heads", rooms: { [TOPIC]: 2_004 } });
    await settled();
    expect(api.takeAsked()).toEqual([`room ${TOPIC}`, "messages before 2005"]);
    expect(seqs()).toEqual(range(1_955, 2_004));
  });

  it("in a room that was empty is filled", async () => {
    const { server, arrive, open, seqs } = setUp(0);
    await open();
    server.say("bo");
    arrive(TOPIC, server.say("bo"));
    await settled();
    expect(seqs()).toEqual([1, 2]);
  });

  it("is not asked for without end, if the server is behind what it told", async () => {
    const { api, note, open, seqs } = setUp();
    await open();
    note({ type: "heads", rooms: { [TOPIC]: 9 } });
    await settled();
    expect(requests(api.takeAsked(), "events")).toEqual(["events after 3"]);
    expect(seqs()).toEqual([1, 2, 3]);
  });
});
