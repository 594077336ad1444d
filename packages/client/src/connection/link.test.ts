import type { BrokerInfo } from "@chinwag/protocol";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Signal } from "../ports.ts";
import { Link } from "./link.ts";
import { clients } from "./testing/mqtt.ts";

vi.mock("mqtt", () => import("./testing/mqtt.ts"));

const setUp = (info: Partial<BrokerInfo> = {}, token?: string) => {
  const states: string[] = [];
  const failed: unknown[] = [];
  const told = { signal: (_: Signal) => {}, isListening: true };
  const net: { broker: () => Promise<BrokerInfo> } = {
    broker: async () => ({ addresses: [], username: "ana", wildcards: true, stored_on_ack: true, ...info }),
  };
  const link = new Link(
    {
      url: "https://chat.example/prefix/",
      token,
      now: Date.now,
      random: () => 0.5,
      signals: (listener) => {
        told.signal = listener;
        return () => {
          told.isListening = false;
        };
      },
    },
    {
      broker: () => net.broker(),
      filters: async () => ["users/ana/inbox", "general"],
      up: () => states.push("up"),
      granted: () => {},
      state: (state) => states.push(state),
      message: () => {},
      failed: (error) => failed.push(error),
    },
  );
  return { link, states, failed, told, net };
};

const pass = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms);
  await vi.dynamicImportSettled();
};
const client = (at: number) => {
  const found = clients[at];
  if (!found) throw new Error(`there is no connection ${at}`);
  return found;
};

describe("the connection", () => {
  let here: ReturnType<typeof setUp>;
  const goUp = async (at: number) => {
    await pass(0);
    client(at).emit("connect");
    await pass(0);
  };
  beforeEach(() => {
    vi.useFakeTimers();
    clients.length = 0;
    here = setUp();
    here.link.start();
  });
  afterEach(() => {
    here.link.stop();
    vi.useRealTimers();
  });

  it("subscribes without what is retained", async () => {
    await goUp(0);
    expect(client(0).url).toBe("wss://chat.example/prefix/mqtt");
    expect(client(0).subscribed).toEqual([{ filters: "#", options: { qos: 1, rh: 2 } }]);
    expect(here.states).toEqual(["connecting", "up"]);
  });

  it("subscribes by name without what is retained, and later, with it", async () => {
    here.link.stop();
    here = setUp({ wildcards: false });
    here.link.start();
    await goUp(0);
    here.link.follow(["users/ana/inbox", "general", "users/bo/presence"]);
    await pass(0);
    expect(client(0).subscribed).toEqual([
      { filters: ["users/ana/inbox", "general"], options: { qos: 1, rh: 2 } },
      { filters: ["users/bo/presence"], options: { qos: 1 } },
    ]);
  });

  it("signs in with the token, where there is one", async () => {
    here.link.stop();
    here = setUp({}, "secret");
    here.link.start();
    await pass(0);
    expect(client(0).options).toMatchObject({ username: "ana", password: "secret" });
  });

  it.each(["visible", "shown", "online"] as const)(
    "is tested when the page is %s, and replaced if it is dead",
    async (signal) => {
      await goUp(0);
      here.told.signal(signal);
      here.told.signal(signal);
      expect(client(0).pings).toBe(1);
      const said = here.link.publish("general", "hello", 1);
      await pass(2_999);
      expect(clients).toHaveLength(1);
      await pass(1);
      expect(client(0).isEnded).toBe(true);
      expect(await said).toEqual({ is: "lost" });
      await goUp(1);
      expect(here.states).toEqual(["connecting", "up", "connecting", "up"]);
      // What the dead one still brings does not count.
      client(0).emit("close");
      expect(here.link.isUp).toBe(true);
    },
  );

  it("is made again without asking how, after an interruption", async () => {
    await goUp(0);
    const ask = vi.spyOn(here.net, "broker");
    for (const at of [1, 2]) {
      client(at - 1).emit("close");
      await pass(60_000);
      await goUp(at);
    }
    expect(client(2).options).toMatchObject({ username: "ana" });
    expect(ask).not.toHaveBeenCalled();
    expect(here.states.filter((state) => state === "up")).toHaveLength(3);
  });

  it("asks how at once when it can't be made as before, and connects as it is told", async () => {
    await goUp(0);
    here.net.broker = async () => ({
      addresses: [],
      url: "wss://broker.example/",
      username: "ana",
      password: "p",
      wildcards: true,
      stored_on_ack: false,
    });
    await pass(10_000);
    client(0).emit("close");
    await pass(200);
    client(1).emit("error", new Error("there is no broker here now"));
    client(1).emit("close");
    await goUp(2);
    expect([client(2).url, client(2).options.password]).toEqual(["wss://broker.example/", "p"]);
    // An external broker may want another password each time.
    const ask = vi.spyOn(here.net, "broker");
    await pass(10_000);
    client(2).emit("close");
    await pass(200);
    expect([clients.length, ask.mock.calls.length]).toEqual([4, 1]);
  });

  it("waits while it can neither connect nor ask, then connects as before", async () => {
    await goUp(0);
    const { broker } = here.net;
    here.net.broker = vi.fn(() => Promise.reject(new Error("no server")));
    await pass(10_000);
    client(0).emit("close");
    await pass(200);
    for (let at = 1; at <= 3; at += 1) {
      expect(clients).toHaveLength(at + 1);
      client(at).emit("close");
      await pass(0);
      expect(here.net.broker).toHaveBeenCalledTimes(at);
      expect(here.states.at(-1)).toBe("waiting");
      await pass(2 ** (at - 1) * 1_000);
    }
    here.net.broker = vi.fn(broker);
    await goUp(4);
    expect(here.states.at(-1)).toBe("up");
    expect(here.net.broker).not.toHaveBeenCalled();
  });

  it("stays when it answers a test with whatever packet", async () => {
    await goUp(0);
    here.told.signal("visible");
    client(0).emit("packetreceive", { cmd: "publish" });
    await pass(60_000);
    expect(clients).toHaveLength(1);
    expect(here.link.isUp).toBe(true);
    here.told.signal("visible");
    expect(client(0).pings).toBe(2);
  });

  it("is told as gone at once when the network goes, and made again at once when it returns", async () => {
    await goUp(0);
    here.told.signal("offline");
    expect(here.states.at(-1)).toBe("waiting");
    expect(here.link.isUp).toBe(false);
    here.told.signal("online");
    await goUp(1);
    expect(here.states.slice(2)).toEqual(["waiting", "connecting", "up"]);
  });

  it("begins anew on request while an attempt hangs", async () => {
    here.link.stop();
    here = setUp();
    const { broker } = here.net;
    here.net.broker = () => new Promise(() => {});
    here.link.start();
    await pass(0);
    expect(clients).toHaveLength(0);
    here.net.broker = broker;
    here.link.retryNow();
    await pass(0);
    expect(clients).toHaveLength(1);
    here.link.retryNow();
    await goUp(1);
    expect(client(0).isEnded).toBe(true);
    client(0).emit("connect");
    await pass(0);
    expect(here.states.filter((state) => state === "up")).toHaveLength(1);
  });

  it("ignores an earlier attempt whose answer comes late", async () => {
    here.link.stop();
    here = setUp();
    const answer = await here.net.broker();
    const late: ((info: BrokerInfo) => void)[] = [];
    here.net.broker = () => new Promise((resolve) => late.push(resolve));
    here.link.start();
    await pass(0);
    here.link.retryNow();
    await pass(0);
    for (const resolve of late) resolve(answer);
    await pass(0);
    expect(clients).toHaveLength(1);
  });

  it("waits longer and longer, and says why it can't ask", async () => {
    here.link.stop();
    here = setUp();
    here.net.broker = () => Promise.reject(new Error("no network"));
    here.link.start();
    await pass(0);
    expect(here.failed).toHaveLength(1);
    await pass(1_000);
    expect(here.failed).toHaveLength(2);
    await pass(1_999);
    expect(here.failed).toHaveLength(2);
    await pass(1);
    expect(here.failed).toHaveLength(3);
  });

  it("says why a publish was refused", async () => {
    await goUp(0);
    const said = here.link.publish("general", "hello", 1);
    const properties = { reasonString: "unavailable: the database is locked" };
    client(0).published[0]?.acknowledge(new Error("refused"), { reasonCode: 0x80, properties });
    expect(await said).toEqual({
      is: "refused",
      failure: { code: "unavailable", detail: "the database is locked" },
    });
  });

  it("stops for good", async () => {
    await goUp(0);
    here.told.signal("visible");
    here.link.stop();
    client(0).emit("close");
    here.link.retryNow();
    await pass(60_000);
    expect(clients).toHaveLength(1);
    expect(here.told.isListening).toBe(false);
  });
});
