import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Chat } from "./chat.ts";
import { broker, clients } from "./connection/testing/mqtt.ts";
import { defaultPorts } from "./default-ports.ts";
import type { SignedOut } from "./notice.ts";

vi.mock("mqtt", () => import("./connection/testing/mqtt.ts"));

/** A chat with the token "first" at a server that accepts one token. */
const setUp = (renewToken?: () => Promise<string>) => {
  const server = { accepts: "first", account: "ana" };
  broker.accepts = ({ username, password }) => username === server.account && password === server.accepts;
  const ended: SignedOut[] = [];
  const answers: Record<string, () => unknown> = {
    "/broker": () => ({ addresses: [], username: server.account, wildcards: true, stored_on_ack: true }),
    "/session": () => ({ name: server.account, admin: false }),
    "/rooms": () => ({ rooms: [] }),
    "/people": () => ({ people: [] }),
  };
  const chat = new Chat({
    me: { name: "ana", admin: false },
    url: "http://chat.example/",
    token: "first",
    renewToken,
    signedOut: (why) => ended.push(why),
    ports: {
      ...defaultPorts(),
      fetch: async (url, init) => {
        const headers = new Headers(init?.headers);
        if (headers.get("authorization") !== `Bearer ${server.accepts}`)
          return new Response(JSON.stringify({ code: "not_authenticated" }), { status: 401 });
        return new Response(JSON.stringify(answers[new URL(`${url}`).pathname]?.() ?? null));
      },
    },
  });
  return { chat, server, ended };
};

/** Time passes, and the latest connection succeeds. */
const connected = async (after = 0) => {
  await vi.advanceTimersByTimeAsync(after);
  await vi.dynamicImportSettled();
  clients.at(-1)?.emit("connect");
  await vi.advanceTimersByTimeAsync(0);
};

describe("a chat whose token is refused", () => {
  let chat: Chat;
  beforeEach(() => {
    vi.useFakeTimers();
    clients.length = 0;
  });
  afterEach(() => {
    chat.stop();
    vi.useRealTimers();
  });

  it("goes on with another one, and keeps what waits to be sent", async () => {
    const renew = vi.fn(async () => "second");
    const here = setUp(renew);
    chat = here.chat;
    await connected();
    expect(clients[0]?.options.password).toBe("first");
    here.server.accepts = "second";
    chat.say({ topic: "general", text: "still here" });
    clients[0]?.emit("close");
    await connected(60_000);
    expect(renew).toHaveBeenCalledTimes(1);
    expect(clients.at(-1)?.options.password).toBe("second");
    expect(chat.store.state.session.get().connection).toBe("live");
    expect(chat.store.state.outbox.get()).toMatchObject([{ text: "still here" }]);
    expect(here.ended).toEqual([]);
  });

  it("asks again when none could be had", async () => {
    const renew = vi
      .fn(async () => "second")
      .mockRejectedValueOnce(new Error("the page's own server is down"));
    const here = setUp(renew);
    chat = here.chat;
    await connected();
    here.server.accepts = "second";
    clients[0]?.emit("close");
    await connected(60_000);
    expect(renew).toHaveBeenCalledTimes(2);
    expect(chat.store.state.session.get().connection).toBe("live");
  });

  it("ends when the other one is refused, too", async () => {
    const here = setUp(async () => "third");
    chat = here.chat;
    await connected();
    here.server.accepts = "second";
    clients[0]?.emit("close");
    await connected(60_000);
    expect(here.ended).toEqual(["expired"]);
  });

  it("ends when the other one is somebody else's", async () => {
    const here = setUp(async () => "second");
    chat = here.chat;
    await connected();
    Object.assign(here.server, { accepts: "second", account: "bo" });
    clients[0]?.emit("close");
    await connected(60_000);
    expect(here.ended).toEqual(["other_account"]);
  });
});
