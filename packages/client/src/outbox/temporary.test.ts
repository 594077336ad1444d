import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Refused, Unreachable } from "../failure.ts";
import { memoryOutbox } from "./outbox-storage.ts";
import { file, say, world } from "./testing/world.ts";

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("the sender, where a failure may pass", () => {
  let here: ReturnType<typeof world>;
  beforeEach(() => {
    vi.useFakeTimers();
    here = world();
  });
  afterEach(() => void vi.useRealTimers());

  it("leaves a message pending with the reason, and sends it again with the same key, less and less often", async () => {
    here.sender.say(say("one"));
    await pass(0);
    here.refuse(0, "unavailable");
    await pass(999);
    expect(here.entries()).toMatchObject([{ status: "pending", problem: { code: "unavailable" } }]);
    expect(here.texts()).toEqual(["one"]);
    await pass(1);
    here.refuse(1, "unavailable");
    await pass(1_999);
    expect(here.texts()).toEqual(["one", "one"]);
    await pass(1);
    here.sent[2]?.answer({ is: "stored" });
    await pass(0);
    expect(new Set(here.sent.map(({ send }) => send.msg_id)).size).toBe(1);
    expect(here.entries()).toMatchObject([{ status: "sent" }]);
    expect(here.entries()[0]).not.toHaveProperty("problem");
  });

  it("begins with a short pause again once something worked", async () => {
    here.sender.say(say("one"));
    await pass(0);
    here.refuse(0, "unavailable");
    await pass(1_000);
    here.sent[1]?.answer({ is: "stored" });
    here.sender.say(say("two"));
    await pass(0);
    here.refuse(2, "unavailable");
    await pass(1_000);
    expect(here.texts()).toEqual(["one", "one", "two", "two"]);
  });

  it("waits as long as the server says", async () => {
    here.sender.say(say("one"));
    await pass(0);
    here.refuse(0, "too_many_requests", { seconds: "20" });
    await pass(19_999);
    expect(here.texts()).toEqual(["one"]);
    await pass(1);
    expect(here.texts()).toEqual(["one", "one"]);
  });

  it.each([
    ["a proxy's 502", new Refused(502, { code: "unavailable" })],
    ["too many requests", new Refused(429, { code: "too_many_requests" })],
    ["no answer", new Unreachable()],
  ])("uploads again after %s", async (_, error) => {
    here.net.upload = error;
    here.sender.say(say("look", [file("a.png")]));
    await pass(0);
    expect(here.entries()).toMatchObject([{ status: "pending", problem: { code: error.code } }]);
    here.net.upload = undefined;
    await pass(1_000);
    expect(here.uploads).toEqual(["a.png"]);
    expect(here.texts()).toEqual(["look"]);
  });

  it("goes on in other rooms, and keeps the order in this one", async () => {
    here.net.upload = new Unreachable();
    here.sender.say(say("look", [file("a.png")]));
    here.sender.say(say("seen it?"));
    here.sender.say({ ...say("elsewhere"), topic: "walks" });
    await pass(0);
    expect(here.texts()).toEqual(["elsewhere"]);
    here.net.upload = undefined;
    await pass(1_000);
    expect(here.texts()).toEqual(["elsewhere", "look", "seen it?"]);
  });

  it("tries at once with a new connection, or if asked to", async () => {
    here.sender.say(say("one"));
    await pass(0);
    here.refuse(0, "unavailable");
    await pass(0);
    here.sender.restart();
    await pass(0);
    expect(here.texts()).toEqual(["one", "one"]);
    here.refuse(1, "unavailable");
    await pass(0);
    here.sender.retry(here.entries()[0]?.msg_id ?? "");
    await pass(0);
    expect(here.texts()).toEqual(["one", "one", "one"]);
  });

  it("discards a message that waits", async () => {
    here.sender.say(say("one"));
    await pass(0);
    here.refuse(0, "unavailable");
    await pass(0);
    here.sender.discard(here.entries()[0]?.msg_id ?? "");
    await pass(120_000);
    expect(here.texts()).toEqual(["one"]);
    expect(await here.storage.all("ana")).toEqual([]);
  });

  it("takes a note of an external broker's server for the same", async () => {
    here.net.storedOnAck = false;
    here.sender.say(say("one"));
    await pass(0);
    const { msg_id } = here.sent[0]?.send ?? {};
    const note = { type: "refused", topic: "users/ana/send/general", code: "too_many_requests" } as const;
    here.sender.answered({ ...note, ...(msg_id !== undefined && { msg_id }), detail: "too fast" });
    expect(here.entries()).toMatchObject([{ status: "pending", problem: { code: "too_many_requests" } }]);
    await pass(1_000);
    expect(here.texts()).toEqual(["one", "one"]);
  });

  it("neither fails nor forgets a message when an upload finds that I am signed out", async () => {
    here.net.upload = new Refused(401, { code: "not_authenticated" });
    here.sender.say(say("look", [file("a.png")]));
    await pass(0);
    expect(here.signedOut).toEqual([here.net.upload]);
    expect(here.entries()).toMatchObject([{ status: "pending" }]);
  });
});

describe("the text of a message that is not sent", () => {
  const first = (here: ReturnType<typeof world>) => here.entries()[0]?.msg_id ?? "";
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("can be changed while it waits, or after a refusal", async () => {
    const here = world();
    here.net.up = false;
    here.sender.say(say("helo"));
    await pass(0);
    expect(here.sender.edit(first(here), "hello")).toBe(true);
    await pass(0);
    expect(await here.storage.all("ana")).toMatchObject([{ text: "hello" }]);
    here.net.up = true;
    here.sender.restart();
    await pass(0);
    here.refuse(0, "not_authorized");
    await pass(0);
    expect(here.sender.edit(first(here), "hello!")).toBe(true);
    here.sender.retry(first(here));
    await pass(0);
    expect(here.texts()).toEqual(["hello", "hello!"]);
  });

  it("can't be changed when the server may have it, also not by a later page", async () => {
    const here = world();
    here.sender.say(say("helo"));
    await pass(0);
    expect(here.sender.edit(first(here), "hello")).toBe(false);
    here.sent[0]?.answer({ is: "lost" });
    await pass(0);
    expect(here.sender.edit(first(here), "hello")).toBe(false);
    here.sender.stop();
    const later = world(here.storage);
    later.net.up = false;
    await later.sender.load();
    expect(later.sender.edit(first(later), "hello")).toBe(false);
  });
});

describe("any fate of any publish", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  type Fate = "stored" | "stored, answer lost" | "lost" | "busy";
  const fates = fc.array(fc.constantFrom<Fate>("stored", "stored, answer lost", "lost", "busy"), {
    maxLength: 30,
  });
  const rooms = fc.array(fc.constantFrom("general", "walks"), { minLength: 1, maxLength: 8 });

  it("ends with each message stored once, in order where one waits for the other", async () => {
    const property = fc.asyncProperty(fates, rooms, fc.boolean(), async (fates, topics, storedOnAck) => {
      const here = world(memoryOutbox());
      here.net.storedOnAck = storedOnAck;
      const stored = new Map<string, string>();
      let seen = 0;
      /** Answers everything that is on its way, as fate has it. */
      const answerAll = async () => {
        for (; seen < here.sent.length; seen++) {
          const { send, answer } = here.sent[seen] as (typeof here.sent)[number];
          const fate = fates[seen] ?? "stored";
          const { msg_id = "" } = send;
          if (fate.startsWith("stored")) stored.set(msg_id, send.text);
          if (fate === "busy") here.refuse(seen, "unavailable");
          else if (fate !== "stored") answer({ is: "lost" });
          else if (storedOnAck) answer({ is: "stored" });
          else here.sender.answered({ type: "sent", topic: "general", msg_id, seq: 1 });
        }
        await pass(0);
        here.sender.flush();
      };
      for (const [index, topic] of topics.entries()) here.sender.say({ topic, text: `${index} ${topic}` });
      for (let round = 0; round < 60 && here.entries().some(({ status }) => status === "pending"); round++) {
        await pass(round > 40 ? 100_000 : 500);
        await answerAll();
      }
      expect(here.entries().filter(({ status }) => status !== "sent")).toEqual([]);
      const texts = [...stored.values()];
      expect([...texts].sort()).toEqual(topics.map((topic, index) => `${index} ${topic}`).sort());
      if (!storedOnAck)
        for (const topic of ["general", "walks"]) {
          const inRoom = texts.filter((text) => text.endsWith(topic));
          expect(inRoom).toEqual([...inRoom].sort());
        }
      await pass(20_000);
      expect(here.entries()).toEqual([]);
      expect(await here.storage.all("ana")).toEqual([]);
      here.sender.stop();
    });
    await fc.assert(property, { numRuns: 200 });
  });
});
