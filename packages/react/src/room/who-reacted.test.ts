import { describe, expect, it } from "vitest";
import { inWords } from "./who-reacted.ts";

describe("who reacted", () => {
  it.each([
    ["bo", ["bo"], 1, false],
    ["You", ["ana"], 1, true],
    ["You and bo", ["bo", "ana"], 2, true],
    ["bo, cyd and dee", ["bo", "cyd", "dee"], 3, false],
    ["bo, cyd and one more", ["bo", "cyd"], 3, false],
    // My own name is not among the names that the server sends.
    ["You, bo, cyd and 7 more", ["bo", "cyd"], 10, true],
  ])("%s", (words, names, count, mine) => {
    expect(inWords({ emoji: "👍", names, count, mine }, "ana")).toBe(words);
  });
});
