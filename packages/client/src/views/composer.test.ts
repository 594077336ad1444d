import { ATTACHMENTS, TEXT_BYTES } from "@chinwag/protocol";
import { describe, expect, it, vi } from "vitest";
import type { DraftFile } from "../state/model.ts";
import { createStore } from "../state/store.ts";
import { composer, type ReadFiles } from "./composer.ts";

const file = (name: string): DraftFile => ({ name, type: "text/plain", size: 1, bytes: new Blob(["x"]) });

const setUp = () => {
  const store = createStore({ name: "ana", admin: false });
  const say = vi.fn();
  return { say, store, at: (topic: string) => composer({ store, say }, topic) };
};

/** A promise and the function that fulfils it. */
const later = () => {
  let done: (read: ReadFiles) => void = () => {};
  const reading = new Promise<ReadFiles>((resolve) => {
    done = resolve;
  });
  return { reading, done };
};

describe("the composer", () => {
  it("keeps text, files and answer of each room while one looks at another", async () => {
    const { at } = setUp();
    const here = at("constructor");
    here.setText("half a sentence");
    here.answer({ seq: 3, sender: "bo", text: "what?" });
    await here.attach(Promise.resolve({ files: [file("a.txt")] }));
    at("general").setText("something else");
    expect(at("constructor").getSnapshot()).toMatchObject({
      text: "half a sentence",
      files: [{ name: "a.txt" }],
      quote: { seq: 3 },
    });
  });

  it("adds a mention after what is written, apart from it", () => {
    const here = setUp().at("general");
    here.mention("bo");
    expect(here.getSnapshot().text).toBe("@bo ");
    here.setText("ask");
    here.mention("carla");
    expect(here.getSnapshot().text).toBe("ask @carla ");
    here.mention("bo");
    expect(here.getSnapshot().text).toBe("ask @carla @bo ");
  });

  it("sends once, and is empty then", () => {
    const { at, say } = setUp();
    const here = at("general");
    here.setText("hello");
    expect(here.send()).toBe(true);
    expect(here.send()).toBe(false);
    expect(say.mock.calls).toEqual([[{ topic: "general", text: "hello", quote: undefined, files: [] }]]);
    expect(here.getSnapshot()).toMatchObject({ text: "", isEmpty: true });
  });

  it("keeps the indentation of the first line, and drops blank lines around the text", () => {
    const { at, say } = setUp();
    const here = at("general");
    here.setText("\n  \n    if x:\n        y()\n\n");
    here.send();
    expect(say.mock.calls[0]?.[0]).toMatchObject({ text: "    if x:\n        y()" });
    here.setText(" \n\t ");
    expect(here.send()).toBe(false);
  });

  it("waits for files that are still being read, and then sends all together", async () => {
    const { at, say } = setUp();
    const here = at("general");
    const { reading, done } = later();
    const attached = here.attach(reading);
    here.setText("look");
    expect(here.send()).toBe(false);
    expect(say).not.toHaveBeenCalled();
    done({ files: [file("a.txt")] });
    await attached;
    expect(say.mock.calls[0]?.[0]).toMatchObject({ text: "look", files: [{ name: "a.txt" }] });
  });

  it("does not send by itself what lacks a file", async () => {
    const { at, say } = setUp();
    const here = at("general");
    const { reading, done } = later();
    const attached = here.attach(reading);
    here.setText("look");
    here.send();
    done({ files: [], problem: { code: "files_empty", names: ["a.txt"] } });
    await attached;
    expect(say).not.toHaveBeenCalled();
    expect(here.getSnapshot()).toMatchObject({
      text: "look",
      problem: { code: "files_empty" },
      isReading: false,
    });
  });

  it("takes so many files and no more, and says so", async () => {
    const { at } = setUp();
    const here = at("general");
    const many = Array.from({ length: ATTACHMENTS + 2 }, (_, index) => file(`${index}.txt`));
    await here.attach(Promise.resolve({ files: many }));
    expect(here.getSnapshot().files).toHaveLength(ATTACHMENTS);
    expect(here.getSnapshot().problem).toEqual({ code: "too_many_files", most: ATTACHMENTS });
    here.removeFile(0);
    expect(here.getSnapshot().problem).toBeUndefined();
  });

  it("counts bytes, not letters, and refuses what is too long until it is shortened", () => {
    const { at, say } = setUp();
    const here = at("general");
    here.setText("ü".repeat(TEXT_BYTES / 2 + 1));
    expect(here.getSnapshot().problem).toEqual({ code: "too_long", over: 2 });
    expect(here.send()).toBe(false);
    here.setText("ü".repeat(TEXT_BYTES / 2));
    expect(here.getSnapshot().problem).toBeUndefined();
    expect(here.send()).toBe(true);
    expect(say).toHaveBeenCalledOnce();
  });
});
