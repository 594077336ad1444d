import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Refused, Unreachable } from "../failure.ts";
import { file, say, world } from "./testing/world.ts";

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const tooLarge = new Refused(413, { code: "too_large" });

describe("one file of several", () => {
  let here: ReturnType<typeof world>;
  const entry = () => here.entries()[0];
  const id = () => entry()?.msg_id ?? "";
  const names = () => entry()?.files.map(({ name }) => name);
  const attached = () => here.sent.map(({ send }) => send.attachments);
  const three = [file("a.png"), file("b.png"), file("c.png")];

  beforeEach(() => {
    vi.useFakeTimers();
    here = world();
  });
  afterEach(() => void vi.useRealTimers());

  const withBadFile = async () => {
    here.net.uploads.set("b.png", tooLarge);
    here.sender.say(say("look", three));
    await pass(0);
  };

  it("that is refused says so, and the others are uploaded all the same", async () => {
    await withBadFile();
    expect(here.uploads).toEqual(["a.png", "c.png"]);
    expect(here.sent).toEqual([]);
    expect(entry()).toMatchObject({ status: "failed", problem: { code: "too_large" } });
    expect(entry()?.files.map(({ problem }) => problem?.code)).toEqual([undefined, "too_large", undefined]);
    expect((await here.storage.get(id()))?.files[1]?.problem).toEqual({ code: "too_large" });
  });

  it("can be tried again, without uploading the others twice", async () => {
    await withBadFile();
    here.net.uploads.clear();
    here.sender.retryFile(id(), 1);
    await pass(0);
    expect(here.uploads).toEqual(["a.png", "c.png", "b.png"]);
    expect(attached()).toEqual([["media-a.png", "media-b.png", "media-c.png"]]);
  });

  it("is refused again, and the message waits again", async () => {
    await withBadFile();
    here.sender.retryFile(id(), 1);
    await pass(0);
    expect(here.sent).toEqual([]);
    expect(entry()).toMatchObject({ status: "failed", files: [{}, { problem: { code: "too_large" } }, {}] });
  });

  it("can be taken out, and the message goes without it", async () => {
    await withBadFile();
    expect(here.sender.removeFile(id(), 1)).toBe(true);
    await pass(0);
    expect(attached()).toEqual([["media-a.png", "media-c.png"]]);
    expect(here.texts()).toEqual(["look"]);
    expect((await here.storage.get(id()))?.files).toHaveLength(2);
  });

  it("taken out leaves the message where it is while another one is bad", async () => {
    here.net.uploads.set("a.png", tooLarge);
    await withBadFile();
    here.sender.removeFile(id(), 1);
    await pass(0);
    expect(entry()).toMatchObject({ status: "failed", files: [{ name: "a.png" }, { name: "c.png" }] });
    here.sender.removeFile(id(), 0);
    await pass(0);
    expect(attached()).toEqual([["media-c.png"]]);
  });

  it("can be taken out while it is uploaded; the others go on", async () => {
    here.net.slow = true;
    here.sender.say(say("", three));
    await pass(0);
    expect(entry()?.files.map(({ progress }) => progress)).toEqual([0.5, undefined, undefined]);
    here.net.slow = false;
    here.sender.removeFile(id(), 0);
    await pass(0);
    expect(here.uploads).toEqual(["b.png", "c.png"]);
    expect(attached()).toEqual([["media-b.png", "media-c.png"]]);
  });

  it("can be taken out before its turn comes, which leaves the running upload alone", async () => {
    here.net.slow = true;
    here.sender.say(say("", three));
    await pass(0);
    here.sender.removeFile(id(), 2);
    await pass(0);
    expect(names()).toEqual(["a.png", "b.png"]);
    expect(entry()?.files[0]?.progress).toBe(0.5);
  });

  it("that makes the message wait can be taken out, and the wait is over", async () => {
    here.net.uploads.set("b.png", new Unreachable());
    here.sender.say(say("look", three));
    await pass(0);
    expect(entry()).toMatchObject({ status: "pending", problem: { code: "unreachable" } });
    here.sender.removeFile(id(), 1);
    await pass(0);
    expect(here.uploads).toEqual(["a.png", "c.png"]);
    expect(attached()).toEqual([["media-a.png", "media-c.png"]]);
  });

  it("taken out as the last part of a message discards it", async () => {
    here.net.uploads.set("a.png", tooLarge);
    here.sender.say(say("", [file("a.png")]));
    await pass(0);
    expect(here.sender.removeFile(id(), 0)).toBe(true);
    await pass(0);
    expect(here.entries()).toEqual([]);
    expect(await here.storage.all("ana")).toEqual([]);
  });

  it("can't be taken out of what the server may have already", async () => {
    here.sender.say(say("look", three));
    await pass(0);
    expect(here.sent).toHaveLength(1);
    expect(here.sender.removeFile(id(), 0)).toBe(false);
    expect(names()).toHaveLength(3);
  });

  it("is left to the tab that delivers the message", async () => {
    here.net.slow = true;
    here.sender.say(say("look", three));
    await pass(0);
    const other = world(here.storage, here.lock);
    await other.sender.load();
    expect(other.sender.removeFile(id(), 0)).toBe(false);
    expect(other.entries()[0]?.files).toHaveLength(3);
    expect((await here.storage.get(id()))?.files).toHaveLength(3);
  });

  it("is uploaded anew with all others if the message was refused", async () => {
    here.sender.say(say("look", three));
    await pass(0);
    here.refuse(0, "not_authorized");
    await pass(0);
    here.sender.retry(id());
    await pass(0);
    expect(here.uploads).toHaveLength(6);
    expect(attached()).toHaveLength(2);
  });

  it("is uploaded anew if the server may have deleted it while the message waited", async () => {
    here.net.uploads.set("b.png", new Unreachable());
    here.sender.say(say("look", three));
    await pass(0);
    here.wait(13 * 60 * 60 * 1000);
    here.net.uploads.clear();
    here.sender.restart();
    await pass(0);
    expect(here.uploads).toEqual(["a.png", "a.png", "b.png", "c.png"]);
  });

  it("that was refused is known to a later page, which can take it out", async () => {
    await withBadFile();
    here.sender.stop();
    const later = world(here.storage, here.lock);
    await later.sender.load();
    later.sender.removeFile(later.entries()[0]?.msg_id ?? "", 1);
    await pass(0);
    expect(later.sent.map(({ send }) => send.attachments)).toEqual([["media-a.png", "media-c.png"]]);
    expect(later.uploads).toEqual([]);
  });
});
