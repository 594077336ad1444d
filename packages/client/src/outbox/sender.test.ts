import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Refused, Unreachable } from "../failure.ts";
import { file, say, settled, world } from "./testing/world.ts";

describe("the sender", () => {
  let here: ReturnType<typeof world>;
  beforeEach(() => {
    here = world();
  });

  it("sends in the order of writing, not waiting for one answer before the next", async () => {
    for (const text of ["one", "two", "three"]) here.sender.say(say(text));
    await settled();
    expect(here.texts()).toEqual(["one", "two", "three"]);
    expect(new Set(here.sent.map(({ send }) => send.msg_id)).size).toBe(3);
  });

  it("waits while the connection is gone, and repeats what nobody answered with the same key", async () => {
    here.sender.say(say("one"));
    await settled();
    here.net.up = false;
    here.sent[0]?.answer({ is: "lost" });
    here.sender.say(say("two"));
    await settled();
    expect(here.sent).toHaveLength(1);
    here.net.up = true;
    here.sender.restart();
    await settled();
    expect(here.texts()).toEqual(["one", "one", "two"]);
    expect(here.sent[1]?.send.msg_id).toBe(here.sent[0]?.send.msg_id);
  });

  it("uploads files first, names them, and lets later messages of the room wait their turn", async () => {
    here.sender.say(say("with picture", [file("a.png"), file("b.png")]));
    here.sender.say(say("after"));
    await settled();
    expect(here.uploads).toEqual(["a.png", "b.png"]);
    expect(here.texts()).toEqual(["with picture", "after"]);
    expect(here.sent[0]?.send.attachments).toEqual(["media-a.png", "media-b.png"]);
  });

  it("says why something failed, sends nothing of it, and can try again", async () => {
    here.net.upload = new Refused(413, { code: "too_large", detail: "too big" });
    here.sender.say(say("too much", [file("huge.bin")]));
    await settled();
    const [entry] = here.store.state.outbox.get();
    expect(entry).toMatchObject({ status: "failed", problem: { code: "too_large", detail: "too big" } });
    expect(here.sent).toHaveLength(0);
    here.net.upload = undefined;
    here.sender.retry(entry?.msg_id ?? "");
    await settled();
    expect(here.sent.map(({ send }) => send.msg_id)).toEqual([entry?.msg_id]);
  });

  it("keeps in the browser what I say, and not what I quote", async () => {
    here.net.up = false;
    const quote = { seq: 7, sender: "bo", text: "a secret" };
    here.sender.say({ ...say("an answer"), quote });
    await settled();
    expect(here.store.state.outbox.get()).toMatchObject([{ text: "an answer", quote }]);
    expect(await here.storage.all("ana")).toMatchObject([
      { text: "an answer", quote: { ...quote, text: "" } },
    ]);
    here.net.up = true;
    here.sender.restart();
    await settled();
    expect(here.sent[0]?.send).toMatchObject({ text: "an answer", original_message: 7 });
  });

  it("says so where a refused message has no room to stand in any more, and keeps all of it", async () => {
    here.store.dispatch({ type: "rooms", rooms: [] });
    here.sender.say(say("anybody there?"));
    await settled();
    here.refuse(0, "not_authorized");
    await settled();
    expect(here.notices).toMatchObject([
      { type: "not_sent", topic: "general", text: "anybody there?", code: "not_authorized" },
    ]);
    expect(here.entries()).toMatchObject([{ status: "failed", text: "anybody there?" }]);
    expect(await here.storage.all("ana")).toMatchObject([{ status: "failed", text: "anybody there?" }]);
  });

  it("keeps an entry pending while uploads cannot reach the server", async () => {
    vi.useFakeTimers();
    try {
      here.net.upload = new Unreachable();
      here.sender.say(say("later", [file("a.png")]));
      await vi.advanceTimersByTimeAsync(10);
      expect(here.store.state.outbox.get()[0]?.status).toBe("pending");
      here.net.upload = undefined;
      await vi.advanceTimersByTimeAsync(5_000);
      expect(here.texts()).toEqual(["later"]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("does not send what was discarded", async () => {
    here.net.up = false;
    here.sender.say(say("oops"));
    here.sender.discard(here.store.state.outbox.get()[0]?.msg_id ?? "");
    here.net.up = true;
    here.sender.flush();
    await settled();
    expect(here.sent).toHaveLength(0);
    expect(await here.storage.all("ana")).toEqual([]);
  });

  it("stops an upload whose message is discarded, and goes on with the next", async () => {
    here.net.slow = true;
    here.sender.say(say("too slow", [file("huge.bin")]));
    here.sender.say(say("after"));
    await settled();
    expect(here.sent).toHaveLength(0);
    here.sender.discard(here.store.state.outbox.get()[0]?.msg_id ?? "");
    await settled();
    expect(here.uploads).toEqual([]);
    expect(here.texts()).toEqual(["after"]);
  });

  it("leaves an entry to the tab that has it, and takes it over when that tab is gone", async () => {
    here.net.up = false;
    here.sender.say(say("from the first tab"));
    await settled();
    const other = world(here.storage, here.lock);
    await other.sender.load();
    await settled();
    expect(other.store.state.outbox.get()).toHaveLength(1);
    other.sender.flush();
    await settled();
    expect(other.sent).toHaveLength(0);
    here.sender.stop();
    await settled();
    expect(other.sent.map(({ send }) => send.text)).toEqual(["from the first tab"]);
  });

  it("lets go of an entry in every tab once it has been delivered", async () => {
    here.sender.say(say("hello"));
    await settled();
    const other = world(here.storage, here.lock);
    await other.sender.load();
    const { send } = here.sent[0] ?? {};
    here.store.dispatch({ type: "dropped", msg_id: send?.msg_id ?? "" });
    await settled();
    expect(await here.storage.all("ana")).toEqual([]);
    expect(other.store.state.outbox.get()).toEqual([]);
    expect(other.sent).toHaveLength(0);
  });
});

describe("the sender, where acknowledging is not storing", () => {
  let here: ReturnType<typeof world>;
  const texts = () => here.texts();
  const note = (type: "sent" | "refused", at: number) => {
    const msg_id = here.sent[at]?.send.msg_id ?? "";
    here.sender.answered(
      type === "sent"
        ? { type, topic: "general", msg_id, seq: at + 1 }
        : { type, topic: "users/ana/send/general", msg_id, code: "not_authorized", detail: "not yours" },
    );
  };
  const flush = () => vi.advanceTimersByTimeAsync(0);

  beforeEach(() => {
    vi.useFakeTimers();
    here = world();
    here.net.storedOnAck = false;
  });
  afterEach(() => void vi.useRealTimers());

  it("takes no acknowledgement for an answer, and sends one at a time in a room", async () => {
    for (const text of ["one", "two", "three"]) here.sender.say(say(text));
    here.sender.say({ ...say("elsewhere"), topic: "walks" });
    await flush();
    expect(texts()).toEqual(["one", "elsewhere"]);
    here.sent[0]?.answer({ is: "taken" });
    await flush();
    expect(here.store.state.outbox.get().map(({ status }) => status)).toEqual(Array(4).fill("pending"));
    expect(texts()).toEqual(["one", "elsewhere"]);
    note("sent", 0);
    await flush();
    expect(texts()).toEqual(["one", "elsewhere", "two"]);
    expect(here.store.state.outbox.get().find(({ text }) => text === "one")?.status).toBe("sent");
  });

  it("takes the event itself for an answer", async () => {
    for (const text of ["one", "two"]) here.sender.say(say(text));
    await flush();
    // The reducer does this when the event arrives.
    here.store.dispatch({ type: "dropped", msg_id: here.sent[0]?.send.msg_id ?? "" });
    await flush();
    expect(texts()).toEqual(["one", "two"]);
  });

  it("says why it was refused, and goes on with the next", async () => {
    for (const text of ["one", "two"]) here.sender.say(say(text));
    await flush();
    note("refused", 0);
    await flush();
    expect(here.store.state.outbox.get()[0]).toMatchObject({
      status: "failed",
      problem: { code: "not_authorized", detail: "not yours" },
    });
    expect(texts()).toEqual(["one", "two"]);
  });

  it("goes on with the next when the broker itself refuses one", async () => {
    for (const text of ["one", "two"]) here.sender.say(say(text));
    await flush();
    here.refuse(0, "not_authorized");
    await flush();
    expect(texts()).toEqual(["one", "two"]);
  });

  it("repeats with the same key what nobody answers, less and less often", async () => {
    here.sender.say(say("one"));
    await flush();
    here.sent[0]?.answer({ is: "taken" });
    await vi.advanceTimersByTimeAsync(8_000);
    expect(texts()).toEqual(["one", "one"]);
    await vi.advanceTimersByTimeAsync(15_999);
    expect(texts()).toEqual(["one", "one"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(texts()).toEqual(["one", "one", "one"]);
    expect(new Set(here.sent.map(({ send }) => send.msg_id)).size).toBe(1);
    note("sent", 2);
    await vi.advanceTimersByTimeAsync(200_000);
    expect(texts()).toEqual(["one", "one", "one"]);
  });

  it("starts over with a new connection, whatever was waiting for an answer", async () => {
    for (const text of ["one", "two"]) here.sender.say(say(text));
    await flush();
    here.sent[0]?.answer({ is: "lost" });
    here.net.up = false;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(texts()).toEqual(["one"]);
    here.net.up = true;
    here.sender.restart();
    await flush();
    expect(texts()).toEqual(["one", "one"]);
    note("sent", 1);
    await flush();
    expect(texts()).toEqual(["one", "one", "two"]);
  });

  it("lets no answer for somebody else's message pass for mine", async () => {
    here.sender.say(say("one"));
    await flush();
    here.sender.answered({ type: "sent", topic: "general", msg_id: "another", seq: 1 });
    here.sender.answered({ type: "refused", topic: "general", code: "not_authorized", detail: "which?" });
    await flush();
    expect(here.store.state.outbox.get().map(({ status }) => status)).toEqual(["pending"]);
  });
});
