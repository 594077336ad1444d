import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

/** A page whose frames come every 16 ms while it is visible. */
const page = Object.assign(new EventTarget(), { visibilityState: "visible" });

const hide = (): void => {
  page.visibilityState = "hidden";
  page.dispatchEvent(new Event("visibilitychange"));
};

describe("work for the next frame", () => {
  let nextFrame: (work: () => void) => void;
  const times: number[] = [];
  const note = () => times.push(performance.now());

  beforeEach(async () => {
    vi.useFakeTimers({ now: 0, toFake: ["setTimeout", "performance"] });
    vi.stubGlobal("document", page);
    vi.stubGlobal("requestAnimationFrame", (draw: (now: number) => void) =>
      setTimeout(() => page.visibilityState === "visible" && draw(performance.now()), 16),
    );
    vi.stubGlobal("cancelAnimationFrame", clearTimeout);
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

  it("waits a little when something was drawn just before", () => {
    nextFrame(note);
    vi.advanceTimersByTime(20);
    nextFrame(note);
    vi.advanceTimersByTime(1_000);
    expect(times).toEqual([16, 232]);
  });

  it("does not wait for a frame that never comes, when the page is hidden before", async () => {
    nextFrame(note);
    vi.advanceTimersByTime(20);
    nextFrame(note);
    hide();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(times[1]).toBeLessThan(232);
  });

  it("does not wait for a frame that was requested when the page is hidden", () => {
    nextFrame(note);
    vi.advanceTimersByTime(1);
    hide();
    vi.advanceTimersByTime(1_000);
    expect(times).toEqual([1]);
  });

  it("is done at once in a hidden page, which has no frames", async () => {
    hide();
    nextFrame(note);
    await Promise.resolve();
    expect(times).toEqual([0]);
  });
});
