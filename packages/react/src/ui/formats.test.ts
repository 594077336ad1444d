import { afterEach, describe, expect, it } from "vitest";
import { setLanguage } from "../language/index.ts";
import { briefCount } from "./count.ts";
import { sizeInWords } from "./size.ts";
import { dayHeading, dayOf, lastSeen } from "./time.ts";

afterEach(() => setLanguage("en"));

describe("sizes", () => {
  it.each([
    [1, "1 byte", "1 Byte"],
    [999, "999 bytes", "999 Byte"],
    [1500, "1.5 kB", "1,5 kB"],
    [340_000, "340 kB", "340 kB"],
    [52_428_800, "52.4 MB", "52,4 MB"],
    [7e12, "7,000 GB", "7.000 GB"],
  ])("%i", async (bytes, english, german) => {
    const plainly = () => sizeInWords(bytes).replaceAll("\u00a0", " ");
    expect(plainly()).toBe(english);
    await setLanguage("de");
    expect(plainly()).toBe(german);
  });
});

describe("counts", () => {
  it("have at most two digits in a badge", async () => {
    expect([briefCount(7), briefCount(99), briefCount(100)]).toEqual(["7", "99", "99+"]);
    await setLanguage("fr");
    expect(briefCount(100)).toBe("99+");
  });
});

describe("days", () => {
  const back = (days: number): Date => new Date(Date.now() - days * 86_400_000);

  it("are told in the language", async () => {
    expect(dayHeading(dayOf(new Date()))).toBe("Today");
    expect(dayHeading("2021-11-03")).toBe("3 November 2021");
    await setLanguage("fr");
    expect(dayHeading(dayOf(new Date()))).toBe("Aujourd’hui");
    expect(dayHeading("2021-11-03")).toBe("3 novembre 2021");
    // The day of the week comes first, and begins the heading.
    expect(dayHeading(dayOf(back(10)))).toMatch(/^[A-Z][a-z]+di |^Dimanche /);
  });

  it("tell when somebody was here", async () => {
    expect(lastSeen(new Date().toISOString())).toMatch(/^Last seen at \d/);
    await setLanguage("ja");
    expect(lastSeen(back(4).toISOString())).toMatch(/^最終オンライン: .曜日$/);
  });
});
