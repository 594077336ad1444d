import type { BrokerInfo } from "@chinwag/protocol";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { clients } from "../connection/testing/mqtt.ts";
import type { LeadHandlers, LinkMessage, Signal } from "../ports.ts";
import { SharedLink } from "./shared-link.ts";

vi.mock("mqtt", () => import("../connection/testing/mqtt.ts"));

const info: BrokerInfo = { addresses: [], username: "ana", wildcards: true, stored_on_ack: true };
const bytes = (text: string) => new TextEncoder().encode(text);

/** A browser: tabs that hear each other, and one part that a tab can have. */
const browser = () => {
  let count = 0;
  const tabs = new Map<number, (message: LinkMessage) => void>();
  let queue: { tab: number; handlers: LeadHandlers }[] = [];
  /** Tabs that do nothing any more, and do not know it. */
  const frozen = new Set<number>();
  const lost = new Map<number, () => void>();
  const grant = () => queue[0]?.handlers.granted();

  const lead = (tab: number) => (_: string, handlers: LeadHandlers) => {
    const mine = { tab, handlers };
    queue.push(mine);
    if (queue[0] === mine) queueMicrotask(grant);
    return {
      take: () => {
        const [before] = queue;
        queue = [mine, ...queue.filter((other) => other !== mine && other !== before)];
        grant();
        if (!before) return;
        const lose = () => {
          queue.push(before);
          before.handlers.lost();
        };
        if (frozen.has(before.tab)) lost.set(before.tab, lose);
        else lose();
      },
      release: () => {
        const hadIt = queue[0] === mine;
        queue = queue.filter((other) => other !== mine);
        if (hadIt) grant();
      },
    };
  };

  const open = (shared = true) => {
    count += 1;
    const tab = count;
    const heard: string[] = [];
    const told = { signal: (_: Signal) => {} };
    const link = new SharedLink(
      {
        ...{ url: "https://chat.example/", token: undefined, account: "ana", now: Date.now },
        random: () => tab / 10,
        signals: (listener) => {
          told.signal = listener;
          return () => {};
        },
        ...(shared && { lead: lead(tab) }),
        tell: (message) => {
          for (const [other, hear] of [...tabs])
            if (other !== tab && !frozen.has(other) && !frozen.has(tab))
              queueMicrotask(() => hear(structuredClone(message)));
        },
      },
      {
        broker: async () => info,
        filters: async () => [],
        up: () => heard.push("up"),
        granted: () => {},
        state: (state) => heard.push(state),
        message: (topic, payload) => heard.push(`${topic} ${new TextDecoder().decode(payload)}`),
        failed: () => {},
      },
    );
    tabs.set(tab, (message) => link.told(message));
    link.start();
    return {
      ...{ link, heard, tab },
      signal: (signal: Signal) => told.signal(signal),
      freeze: () => frozen.add(tab),
      /** Runs again, and learns what it missed. */
      wake: () => {
        frozen.delete(tab);
        lost.get(tab)?.();
      },
      /** Ends without a word, as when the tab is closed. */
      close: () => {
        tabs.delete(tab);
        const hadIt = queue[0]?.tab === tab;
        queue = queue.filter((other) => other.tab !== tab);
        if (hadIt) grant();
      },
    };
  };
  return { open };
};

const pass = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms);
  await vi.dynamicImportSettled();
};
const last = () => {
  const found = clients.at(-1);
  if (!found) throw new Error("there is no connection");
  return found;
};
const connected = async () => {
  await pass(0);
  last().emit("connect");
  await pass(0);
};

describe("tabs that share a connection", () => {
  let here: ReturnType<typeof browser>;
  const opened: SharedLink[] = [];
  const open = (shared?: boolean) => {
    const tab = here.open(shared);
    opened.push(tab.link);
    return tab;
  };
  beforeEach(() => {
    vi.useFakeTimers();
    clients.length = 0;
    here = browser();
  });
  afterEach(() => {
    for (const link of opened.splice(0)) link.stop();
    vi.useRealTimers();
  });

  it("have one, and all hear what arrives", async () => {
    const first = open();
    await connected();
    const second = open();
    await pass(0);
    expect(clients).toHaveLength(1);
    expect(second.link.isUp).toBe(true);
    expect(second.link.broker).toEqual(info);
    const payload = bytes("a larger buffer with hello in it").subarray(21, 26);
    last().emit("message", "general", payload);
    await pass(0);
    expect(first.heard).toEqual(["connecting", "up", "general hello"]);
    expect(second.heard).toEqual(["up", "general hello"]);
  });

  it("pass nothing on while there is only one", async () => {
    const { link } = open();
    await connected();
    const told = vi.spyOn(link, "told");
    last().emit("message", "general", bytes("hello"));
    await pass(0);
    expect(told).not.toHaveBeenCalled();
  });

  it("publish through the one that leads, and learn what became of it", async () => {
    open();
    await connected();
    const second = open();
    const third = open();
    await pass(0);
    const stored = second.link.publish("a", "1", 1);
    const refused = third.link.publish("b", "2", 1);
    await pass(0);
    const properties = { reasonString: "not_authorized: no" };
    last().published[1]?.acknowledge(new Error("refused"), { reasonCode: 0x87, properties });
    last().published[0]?.acknowledge();
    await pass(0);
    expect(await stored).toEqual({ is: "stored" });
    expect(await refused).toMatchObject({ is: "refused", failure: { code: "not_authorized" } });
  });

  it("go on with a connection of the next one when the leading one is closed", async () => {
    const first = open();
    await connected();
    const second = open();
    const third = open();
    await pass(0);
    const said = second.link.publish("a", "1", 1);
    await pass(0);
    first.close();
    await pass(0);
    expect(await said).toEqual({ is: "lost" });
    expect(third.link.isUp).toBe(false);
    await connected();
    expect(clients).toHaveLength(2);
    for (const tab of [second, third]) expect(tab.link.isUp).toBe(true);
    expect(third.heard).toEqual(["up", "connecting", "up"]);
    last().emit("message", "general", bytes("hello"));
    await pass(0);
    expect(third.heard.at(-1)).toBe("general hello");
  });

  it("go on when the leading one signs out or is stopped", async () => {
    const first = open();
    await connected();
    const second = open();
    await pass(0);
    first.link.stop();
    await connected();
    expect(second.link.isUp).toBe(true);
    expect(clients).toHaveLength(2);
  });

  it("take over from one that does not answer, which follows when it wakes", async () => {
    const first = open();
    await connected();
    const second = open();
    await pass(0);
    first.freeze();
    second.signal("visible");
    await pass(3_000);
    await connected();
    expect(clients).toHaveLength(2);
    expect(second.link.isUp).toBe(true);
    first.wake();
    await pass(0);
    expect(clients[0]?.isEnded).toBe(true);
    expect(first.link.isUp).toBe(true);
    expect(first.heard).toEqual(["connecting", "up", "connecting", "up"]);
    last().emit("message", "general", bytes("hello"));
    await pass(0);
    expect(first.heard.at(-1)).toBe("general hello");
  });

  it("leave the part to one that answers", async () => {
    open();
    await connected();
    const second = open();
    for (let at = 0; at < 10; at += 1) await pass(10_000);
    expect(clients).toHaveLength(1);
    expect(second.heard).toEqual(["up"]);
  });

  it("tell that the connection is gone, and try again for whoever asks", async () => {
    const first = open();
    await connected();
    const second = open();
    await pass(0);
    last().emit("close");
    await pass(0);
    expect(first.link.isUp).toBe(false);
    expect(second.heard).toEqual(["up", "waiting"]);
    expect(await second.link.publish("a", "1", 1)).toEqual({ is: "lost" });
    second.link.retryNow();
    await connected();
    expect(second.link.isUp).toBe(true);
  });

  it("have one each where they can't agree", async () => {
    open(false);
    await connected();
    open(false);
    await connected();
    expect(clients).toHaveLength(2);
  });
});
