import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

/** A page whose frames come every 16 ms. */
const page = { visibilityState: "visible" };

describe("work for the next frame", () => {
  let nextFrame: (work: () => void) => void;
  const times: number[] = [];
  const note = () => times.push(performance.now());

  beforeEach(async () => {
    vi.useFakeTimers({ now: 0, toFake: ["setTimeout", "performance"] });
    vi.stubGlobal("document", page);
    vi.stubGlobal("requestAnimationFrame", (draw: (now: number) => void) =>
      setTimeout(() => draw(performance.now()), 16),
    );
    page.visibilityState = "visible";
    times.length = 0;
    vi.resetModules();
    ({ nextFrame } = await import("./next-frame.ts"));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is done with the next one, when nothing was before", () => {
    nextFrame(note);
    vi.advanceTimersByTime(1_000);
    nextFrame(note);
    vi.advanceTimersByTime(1_000);
    expect(times).toEqual([16, 1_016]);
  });

  /** Asks for one frame after the other, as many messages do. */
  const many = (count: number) => {
    for (let at = 0; at < count; at += 1) {
      nextFrame(note);
      while (times.length <= at) vi.advanceTimersByTime(1);
    }
  };

  it("is not held back by a few before it", () => {
    many(5);
    expect(times).toEqual([16, 32, 48, 64, 80]);
  });

  it("waits a little when many were before, until it is quiet again", () => {
    many(8);
    expect(times.slice(5)).toEqual([232, 432, 632]);
    vi.advanceTimersByTime(2_000);
    const now = performance.now();
    nextFrame(note);
    vi.advanceTimersByTime(16);
    expect(times.at(-1)).toBe(now + 16);
  });

  it("does not wait for a frame that never comes, when the page is hidden meanwhile", async () => {
    many(5);
    nextFrame(note);
    page.visibilityState = "hidden";
    await vi.advanceTimersByTimeAsync(1_000);
    expect(times[5]).toBeLessThan(232);
  });

  it("is done at once in a hidden page, which has no frames", async () => {
    page.visibilityState = "hidden";
    nextFrame(note);
    await Promise.resolve();
    expect(times).toEqual([0]);
  });
});
