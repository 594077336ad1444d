import { describe, expect, it } from "vitest";
import { slugOf } from "./slug.ts";

describe("a room's id", () => {
  it.each([
    ["Back End", "back-end"],
    ["  Crème Brûlée! ", "crème-brûlée"],
    ["r&d / ideas", "r-d-ideas"],
    ["...", ""],
    ["日本 語", "日本-語"],
  ])("from %j is %j", (title, topic) => {
    expect(slugOf(title)).toBe(topic);
  });
});
