import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startTimer } from "./clock.ts";

class FakeWorker {
  static made: FakeWorker[] = [];
  static isForbidden = false;
  readonly asked: object[] = [];
  onmessage = (_: { data: number }) => {};
  onerror = () => {};
  constructor() {
    if (FakeWorker.isForbidden) throw new Error("SecurityError");
    FakeWorker.made.push(this);
  }
  postMessage(message: object): void {
    this.asked.push(message);
  }
}

describe("the keep-alive timer", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    FakeWorker.made = [];
    FakeWorker.isForbidden = false;
    vi.stubGlobal("Worker", FakeWorker);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("runs in a worker", () => {
    const timer = startTimer();
    const tick = vi.fn();
    const id = timer.set(tick, 1_000);
    const [worker] = FakeWorker.made;
    expect(worker?.asked).toEqual([{ id, every: 1_000 }]);
    worker?.onmessage({ data: id as number });
    timer.clear(id);
    worker?.onmessage({ data: id as number });
    expect(tick).toHaveBeenCalledTimes(1);
    expect(worker?.asked.at(-1)).toEqual({ id });
    vi.advanceTimersByTime(5_000);
    expect(tick).toHaveBeenCalledTimes(1);
  });

  it("goes on in the page where the worker's file can't be loaded", () => {
    const timer = startTimer();
    const tick = vi.fn();
    const id = timer.set(tick, 1_000);
    FakeWorker.made[0]?.onerror();
    vi.advanceTimersByTime(2_000);
    expect(tick).toHaveBeenCalledTimes(2);
    timer.clear(id);
    vi.advanceTimersByTime(2_000);
    expect(tick).toHaveBeenCalledTimes(2);
  });

  it("runs in the page where workers are forbidden", () => {
    FakeWorker.isForbidden = true;
    const timer = startTimer();
    const tick = vi.fn();
    timer.set(tick, 1_000);
    vi.advanceTimersByTime(1_000);
    expect(tick).toHaveBeenCalledTimes(1);
  });
});
