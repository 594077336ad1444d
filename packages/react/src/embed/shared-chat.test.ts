import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { join, leave, type SharedChat, type TokenSource, type User } from "./shared-chat.ts";

const URL = "https://chat.example";

/** A server that answers with this status, or not at all. */
const server = { status: 0, asked: [] as string[] };

const someone = (): User & { readonly ended: string[] } => {
  const ended: string[] = [];
  return { ended, notice: () => {}, signedOut: (why) => ended.push(why) };
};

const settle = () => vi.advanceTimersByTimeAsync(0);

describe("the connection that rooms of a page share", () => {
  const used: [SharedChat, User][] = [];
  const use = (token: TokenSource, url = URL, user = someone()) => {
    const chat = join(url, token, user);
    used.push([chat, user]);
    return { chat, user };
  };

  beforeEach(() => {
    vi.useFakeTimers();
    Object.assign(server, { status: 0, asked: [] });
    vi.stubGlobal("addEventListener", () => {});
    vi.stubGlobal("removeEventListener", () => {});
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
      server.asked.push(`${url} ${new Headers(init.headers).get("authorization")}`);
      if (server.status === 0) throw new TypeError("failed to fetch");
      return new Response(JSON.stringify({ code: "not_authenticated" }), { status: server.status });
    });
  });
  afterEach(async () => {
    for (const [chat, user] of used.splice(0)) leave(chat, user);
    await settle();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is one for the same server and token, and for the same function", async () => {
    const token = async () => "mine";
    expect(use("mine").chat).toBe(use("mine").chat);
    expect(use(token).chat).toBe(use(token).chat);
    const others = [
      use("mine"),
      use("yours"),
      use("mine", `${URL}/other`),
      use(token),
      use(async () => "mine"),
    ];
    expect(new Set(others.map(({ chat }) => chat)).size).toBe(5);
  });

  it("stays when a component is mounted twice, as in strict mode, and ends with the last one", async () => {
    const user = someone();
    const first = join(URL, "mine", user);
    leave(first, user);
    const again = use("mine");
    await settle();
    expect(again.chat).toBe(first);
    expect(server.asked).toEqual([`${URL}/session Bearer mine`]);
    leave(again.chat, again.user);
    await settle();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(server.asked).toHaveLength(1);
    expect(use("mine").chat).not.toBe(first);
  });

  it("tries again, with pauses that grow, while the server does not answer", async () => {
    const { chat } = use("mine");
    await settle();
    expect(chat.stage.get()).toMatchObject({ at: "failed", failure: { code: "unreachable" } });
    await vi.advanceTimersByTimeAsync(2_000);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(server.asked).toHaveLength(3);
    chat.retry();
    expect(chat.stage.get()).toEqual({ at: "connecting" });
    await settle();
    expect(server.asked).toHaveLength(4);
  });

  it("says once that the token is refused, and does not try it again by itself", async () => {
    server.status = 401;
    const { chat, user } = use("mine");
    await vi.advanceTimersByTimeAsync(120_000);
    expect(server.asked).toHaveLength(1);
    expect(chat.stage.get()).toMatchObject({ at: "failed", failure: { code: "not_authenticated" } });
    expect(user.ended).toEqual(["expired"]);
  });

  it("asks for a token again, if the page could not get one", async () => {
    const token = vi.fn(async () => "mine").mockRejectedValueOnce(new Error("the page's own server is down"));
    const { chat } = use(token);
    await settle();
    expect(chat.stage.get()).toMatchObject({ at: "failed", what: "token" });
    expect(server.asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(server.asked).toEqual([`${URL}/session Bearer mine`]);
  });
});
