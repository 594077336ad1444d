import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { emptyRoom, newStore } from "../state/testing/events.ts";
import { filtersOf, Subscriptions } from "./subscriptions.ts";

describe("what is subscribed to by name", () => {
  it("is my inbox, my rooms with the activity there, and the presence that is published to me", () => {
    const person = (name: string, live: boolean) => ({ name, state: "online", live }) as const;
    const { state, dispatch } = newStore();
    dispatch({ type: "rooms", rooms: ["general", "team/backend"].map(emptyRoom) });
    dispatch({ type: "people", people: [person("ana", true), person("bo", true), person("cyd", false)] });
    expect(filtersOf(state)).toEqual([
      "users/ana/inbox",
      "general",
      "users/+/activity/general",
      "team/backend",
      "users/+/activity/team/backend",
      "users/bo/presence",
    ]);
  });
});

describe("subscriptions", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A fake broker that refuses the filters in `refused`. */
  const setUp = () => {
    const refused = new Set<string>();
    const log: string[] = [];
    const held = new Set<string>();
    const subscriptions = new Subscriptions({
      subscribe: async (filters) => {
        log.push(`+${filters.length}`);
        await Promise.resolve();
        return filters.map((filter) => {
          if (!refused.has(filter)) held.add(filter);
          return !refused.has(filter);
        });
      },
      unsubscribe: (filters) => {
        log.push(`-${filters.length}`);
        for (const filter of filters) held.delete(filter);
      },
      granted: (filters) => void log.push(`granted ${filters.length}`),
    });
    return { subscriptions, refused, held, log };
  };

  it("follow what is wanted, joins and leaves alike, and ask only for the difference", async () => {
    const { subscriptions, held, log } = setUp();
    await subscriptions.follow(["inbox", "a"]);
    await subscriptions.follow(["inbox", "a"]);
    await subscriptions.follow(["inbox", "b"]);
    expect([...held]).toEqual(["inbox", "b"]);
    expect(log).toEqual(["+2", "granted 2", "-1", "+1", "granted 1"]);
  });

  it("end where the last wish says, however fast wishes change", async () => {
    const { subscriptions, held } = setUp();
    const wishes = [["a"], ["a", "b"], ["b"], ["c", "a"], ["c"]];
    await Promise.all(wishes.map((wish) => subscriptions.follow(wish)));
    expect([...held]).toEqual(["c"]);
  });

  it("ask in packets of a bearable size", async () => {
    const { subscriptions, held, log } = setUp();
    const many = Array.from({ length: 150 }, (_, i) => `room-${i}`);
    await subscriptions.follow(many);
    expect([...held]).toEqual(many);
    expect(log.filter((line) => line.startsWith("+"))).toEqual(["+60", "+60", "+30"]);
  });

  it("ask again for what was refused, for as long as it is wanted", async () => {
    const { subscriptions, refused, held, log } = setUp();
    refused.add("late").add("never");
    await subscriptions.follow(["a", "late", "never"]);
    expect([...held]).toEqual(["a"]);
    refused.delete("late");
    await vi.advanceTimersByTimeAsync(500);
    expect([...held]).toEqual(["a", "late"]);
    await subscriptions.follow(["a", "late"]);
    log.length = 0;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(log).toEqual([]);
  });

  it("fail with the connection", async () => {
    const subscriptions = new Subscriptions({
      subscribe: () => Promise.reject(new Error("gone")),
      unsubscribe: () => {},
      granted: () => {},
    });
    await expect(subscriptions.follow(["a"])).rejects.toThrow("gone");
    await expect(subscriptions.follow(["a"])).rejects.toThrow("gone");
  });
});
