import type { BrokerInfo, Room } from "@chinwag/protocol";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Chat } from "./chat.ts";
import { broker, clients } from "./connection/testing/mqtt.ts";
import { defaultPorts, memoryStorage } from "./default-ports.ts";
import type { Notice, SignedOut } from "./notice.ts";
import type { Signal, TabMessage } from "./ports.ts";
import { emptyRoom } from "./state/testing/events.ts";

vi.mock("mqtt", () => import("./connection/testing/mqtt.ts"));

const room: Room = { ...emptyRoom("general"), title: "General", members: 2 };

/** A browser with its tabs, one cookie and one storage, and the server. */
const setUp = () => {
  const asked: string[] = [];
  const server = { room };
  const browser = { account: "ana" as string | undefined, isReachable: true };
  const storage = memoryStorage();
  const listeners = new Map<object, (message: TabMessage) => void>();
  const answers: Record<string, () => unknown> = {
    "GET /broker": (): BrokerInfo => ({
      addresses: [],
      username: browser.account ?? "",
      wildcards: true,
      stored_on_ack: true,
    }),
    "GET /rooms": () => ({ rooms: [server.room] }),
    "GET /members/general": () => ({ members: [{ name: "bo", owner: false, read_seq: 1 }] }),
    "GET /messages/general": () => ({
      ...{ topic: "general", epoch: "e1", last_seq: 1, from: 1, to: 1 },
      messages: [],
    }),
    "GET /people": () => ({ people: [] }),
    "DELETE /session": () => undefined,
  };
  const fetch = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
    const what = `${init.method} ${new URL(`${url}`).pathname}`;
    asked.push(what);
    if (!browser.isReachable) throw new TypeError("failed to fetch");
    if (browser.account === undefined)
      return new Response(JSON.stringify({ code: "not_authenticated", detail: "sign in" }), { status: 401 });
    return new Response(JSON.stringify(answers[what]?.() ?? null));
  };
  const tab = (name: string) => {
    const ended: SignedOut[] = [];
    const notices: Notice[] = [];
    const told = { signal: (_: Signal) => {} };
    const me = {};
    const chat = new Chat({
      me: { name, admin: false },
      url: "http://chat.example/",
      notice: (notice) => notices.push(notice),
      signedOut: (why) => ended.push(why),
      ports: {
        ...defaultPorts(),
        fetch,
        openStorage: async () => storage,
        signals: (listener) => {
          told.signal = listener;
          return () => {};
        },
        tabs: (listener) => {
          listeners.set(me, listener);
          return {
            tell: (message) => {
              for (const [other, hear] of [...listeners]) if (other !== me) hear(message);
            },
            close: () => listeners.delete(me),
          };
        },
      },
    });
    return { chat, ended, notices, told };
  };
  return { asked, browser, server, storage, tab };
};

const pass = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms);
  await vi.dynamicImportSettled();
};

describe("the chat", () => {
  let here: ReturnType<typeof setUp>;
  const chats: Chat[] = [];
  const open = (name = "ana") => {
    const made = here.tab(name);
    chats.push(made.chat);
    return made;
  };
  /** Lets the latest connection succeed. */
  const connected = async () => {
    await pass(0);
    clients.at(-1)?.emit("connect");
    await pass(0);
  };
  beforeEach(() => {
    vi.useFakeTimers();
    clients.length = 0;
    here = setUp();
    // By the cookie.
    broker.accepts = ({ username }) => username === here.browser.account;
  });
  afterEach(() => {
    for (const chat of chats.splice(0)) chat.stop();
    vi.useRealTimers();
  });

  it("asks for everything once for each connection, and for the rooms before the first one", async () => {
    const { chat, told } = open();
    await connected();
    expect(chat.store.state.session.get().connection).toBe("live");
    // What is shown first may be outdated when the subscriptions begin.
    expect(here.asked.sort()).toEqual(["GET /broker", "GET /people", "GET /rooms", "GET /rooms"]);
    here.asked.length = 0;
    told.signal("offline");
    told.signal("online");
    await connected();
    expect(chat.store.state.session.get().connection).toBe("live");
    expect(here.asked.sort()).toEqual(["GET /people", "GET /rooms"]);
  });

  it("asks how far the other one has read, when a direct conversation is opened and after an interruption", async () => {
    here.server.room = { ...room, direct: true, last_seq: 1 };
    const { chat, told } = open();
    await connected();
    here.asked.length = 0;
    void chat.open("general");
    await pass(0);
    expect(here.asked).toContain("GET /members/general");
    here.asked.length = 0;
    told.signal("offline");
    told.signal("online");
    await connected();
    expect(here.asked).toContain("GET /members/general");
    expect(chat.store.state.rooms.get("general")?.reads.get("bo")).toBe(1);
  });

  it("never shows as unread what arrives before the eyes of the person", async () => {
    const { chat } = open();
    await connected();
    const { rooms } = chat.store.state;
    const heard: (number | undefined)[] = [];
    rooms.subscribe("general", () => heard.push(rooms.get("general")?.room.unread));
    const arrives = async (seq: number) => {
      const event = {
        type: "message",
        topic: "general",
        seq,
        sender: "bo",
        sent_at: "",
        text: "hi",
        msg_id: "m",
      };
      clients[0]?.emit("message", "general", new TextEncoder().encode(JSON.stringify(event)));
      await pass(0);
    };
    let isInSight = true;
    const stop = chat.watch("general", () => isInSight);
    await arrives(1);
    expect(heard).toEqual([0]);
    isInSight = false;
    await arrives(2);
    expect(heard.at(-1)).toBe(1);
    // Another view of the same or another room does not end it.
    isInSight = true;
    chat.watch("walks", () => false)();
    await arrives(3);
    expect(heard.at(-1)).toBe(0);
    stop();
    await arrives(4);
    expect(heard.at(-1)).toBe(1);
  });

  it("shows the rooms where only HTTP works", async () => {
    const { chat } = open();
    await pass(0);
    clients[0]?.emit("close");
    await pass(0);
    expect(chat.store.state.session.get()).toMatchObject({ connection: "waiting", ready: true });
  });

  it("ends when the cookie is somebody else's by now, and shows nothing of theirs", async () => {
    const { chat, ended, told } = open();
    await connected();
    chat.say({ topic: "general", text: "not for bo" });
    await pass(0);
    here.browser.account = "bo";
    here.asked.length = 0;
    told.signal("offline");
    told.signal("online");
    await pass(60_000);
    expect(ended).toEqual(["other_account"]);
    expect(here.asked).toEqual(["GET /broker"]);
    // The second one was refused.
    expect(clients.map(({ subscribed }) => subscribed.length)).toEqual([1, 0]);
    expect(await here.storage.outbox.all("ana")).toEqual([]);
  });

  it("ends at once when somebody else signs in in another tab", async () => {
    const { ended } = open();
    await connected();
    here.browser.account = "bo";
    const { ended: theirs } = open("bo");
    expect(ended).toEqual(["other_account"]);
    await connected();
    expect(theirs).toEqual([]);
  });

  it("goes on beside another tab of the same person", async () => {
    const { ended } = open();
    await connected();
    open();
    await connected();
    expect(ended).toEqual([]);
  });

  it("ends in every tab at sign-out, with nothing left behind", async () => {
    const [one, two] = [open(), open()];
    await pass(0);
    one.chat.say({ topic: "general", text: "never mind" });
    await pass(0);
    expect(await here.storage.outbox.all("ana")).toHaveLength(1);
    await one.chat.signOut();
    await pass(0);
    expect([one.ended, two.ended]).toEqual([["here"], ["elsewhere"]]);
    expect(await here.storage.outbox.all("ana")).toEqual([]);
    expect(one.chat.store.state.outbox.get()).toEqual([]);
  });

  it("goes on when the server can't be told of the sign-out", async () => {
    const { chat, ended } = open();
    await connected();
    here.browser.isReachable = false;
    await expect(chat.signOut()).rejects.toMatchObject({ code: "unreachable" });
    expect(ended).toEqual([]);
  });

  it("says so when the sign-in has expired, and deletes what waited", async () => {
    const { chat, ended, told } = open();
    await connected();
    told.signal("offline");
    chat.say({ topic: "general", text: "never mind" });
    await pass(0);
    here.browser.account = undefined;
    await pass(60_000);
    expect(ended).toEqual(["expired"]);
    expect(await here.storage.outbox.all("ana")).toEqual([]);
    await expect(chat.signOut()).resolves.toBeUndefined();
    expect(ended).toEqual(["expired"]);
  });

  it("passes on events to programs, and gives notices without words", async () => {
    const { chat, notices } = open();
    await connected();
    const heard: unknown[] = [];
    const stop = chat.onEvent((event) => heard.push(event.seq));
    const event = {
      seq: 1,
      topic: "general",
      sender: "bo",
      sent_at: "2026-11-28T12:00:00Z",
      type: "message",
    };
    const arrive = (value: object, topic = "general") =>
      clients[0]?.emit("message", topic, new TextEncoder().encode(JSON.stringify(value)));
    arrive({ ...event, msg_id: "m1", text: "hello" });
    clients[0]?.emit("message", "general", new TextEncoder().encode("not an event"));
    arrive({ type: "removed", topic: "walks", by: "bo" }, "users/ana/inbox");
    chat.react("general", { target: 1, emoji: "👍", on: true });
    const refusal = { reasonCode: 0x87, properties: { reasonString: "not_authorized: not yours" } };
    clients[0]?.published.at(-1)?.acknowledge(new Error("refused"), refusal);
    await pass(0);
    expect(heard).toEqual([1]);
    expect(notices).toEqual([
      { type: "removed", by: "bo", room: "walks" },
      { type: "refused", code: "not_authorized", detail: "not yours" },
    ]);
    stop();
    arrive({ ...event, seq: 2, msg_id: "m2", text: "again" });
    expect(heard).toEqual([1]);
  });
});
