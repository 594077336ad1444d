import { describe, expect, it } from "vitest";
import { TypingNotices } from "./typing-notices.ts";

describe("my typing notices", () => {
  it("are limited in each room, not over all", () => {
    const notices = new TypingNotices();
    expect(notices.isDue("walks", true, 0)).toBe(true);
    expect(notices.isDue("walks", true, 2_999)).toBe(false);
    expect(notices.isDue("general", true, 100)).toBe(true);
    expect(notices.isDue("walks", true, 3_000)).toBe(true);
  });

  it("are taken back once, where they were given", () => {
    const notices = new TypingNotices();
    expect(notices.isDue("walks", false, 0)).toBe(false);
    notices.isDue("walks", true, 0);
    expect(notices.isDue("general", false, 10)).toBe(false);
    expect(notices.isDue("walks", false, 10)).toBe(true);
    expect(notices.isDue("walks", false, 20)).toBe(false);
    expect(notices.isDue("walks", true, 30)).toBe(true);
  });
});
