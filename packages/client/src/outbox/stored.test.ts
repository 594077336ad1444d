import { describe, expect, it } from "vitest";
import { memoryOutbox, type OutboxStorage } from "./outbox-storage.ts";
import { file, say, settled, world } from "./testing/world.ts";

const never = new Promise<never>(() => {});

describe("the outbox's storage", () => {
  it("is not waited for", async () => {
    const deaf: OutboxStorage = {
      ...memoryOutbox(),
      add: () => never,
      update: () => never,
      remove: () => never,
    };
    const here = world(deaf);
    here.sender.say(say("one", [file("a.png")]));
    here.sender.say(say("two"));
    await settled();
    expect(here.texts()).toEqual(["one", "two"]);
  });

  it("stops nothing when it is full, and that is told once", async () => {
    const full = () => Promise.reject(new Error("QuotaExceededError"));
    const here = world({ ...memoryOutbox(), add: full, update: full });
    here.sender.say(say("one"));
    here.sender.say(say("two"));
    await settled();
    expect(here.texts()).toEqual(["one", "two"]);
    expect(here.notices).toEqual([{ type: "not_stored", reason: "write_failed" }]);
  });

  it("lets nothing overtake what an earlier page left behind", async () => {
    const earlier = world();
    earlier.net.up = false;
    earlier.sender.say(say("first"));
    await settled();
    earlier.sender.stop();
    const here = world(earlier.storage);
    const loaded = here.sender.load();
    here.sender.say(say("second"));
    await loaded;
    await settled();
    expect(here.texts()).toEqual(["first", "second"]);
  });

  it("keeps nothing of somebody else who was signed in here", async () => {
    const storage = memoryOutbox();
    await storage.add({
      msg_id: "m1",
      account: "bo",
      topic: "dm/bo/cy",
      text: "a secret",
      files: [],
      created_at: 1,
      status: "pending",
    });
    const here = world(storage);
    await here.sender.load();
    expect(await storage.all("bo")).toEqual([]);
    expect(here.entries()).toEqual([]);
  });

  it("is emptied at sign-out, before another tab can go on with it", async () => {
    const here = world();
    here.net.up = false;
    here.sender.say(say("one", [file("a.png")]));
    await settled();
    const other = world(here.storage, here.lock);
    await other.sender.load();
    await here.sender.forget();
    here.sender.stop();
    await settled();
    expect(here.entries()).toEqual([]);
    expect(await here.storage.all("ana")).toEqual([]);
    expect(other.texts()).toEqual([]);
    expect(other.entries()).toEqual([]);
  });

  it("says when a message is delivered, and rejects when it is refused", async () => {
    const here = world();
    const one = here.sender.delivered(here.sender.say(say("one")));
    const two = here.sender.delivered(here.sender.say(say("two")));
    await settled();
    here.sent[0]?.answer({ is: "stored" });
    here.refuse(1, "not_authorized");
    await expect(one).resolves.toBeUndefined();
    await expect(two).rejects.toMatchObject({ code: "not_authorized" });
  });
});
