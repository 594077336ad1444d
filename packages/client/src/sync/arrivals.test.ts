import { describe, expect, it, vi } from "vitest";
import { Arrivals } from "./arrivals.ts";

const setUp = () => {
  const frames: (() => void)[] = [];
  const log: string[] = [];
  const failed = vi.fn();
  const arrivals = new Arrivals({
    take: (topic) => {
      if (topic === "broken") throw new Error("no");
      log.push(topic);
    },
    batch: (work) => {
      log.push("(");
      work();
      log.push(")");
    },
    failed,
    soon: (work) => frames.push(work),
  });
  const add = (...topics: string[]) => {
    for (const topic of topics) arrivals.add(topic, new Uint8Array());
  };
  return { arrivals, add, frames, log, failed };
};

describe("packets that arrive", () => {
  it("are handled together with the next frame, in order", () => {
    const { add, frames, log } = setUp();
    add("a", "b");
    expect(frames).toHaveLength(1);
    expect(log).toEqual([]);
    frames[0]?.();
    add("c");
    expect(frames).toHaveLength(2);
    frames[1]?.();
    expect(log).toEqual(["(", "a", "b", ")", "(", "c", ")"]);
  });

  it("do not wait for a frame if there are many, and then are not handled again", () => {
    const { add, frames, log } = setUp();
    add(...Array(1_000).fill("a"));
    expect(log).toHaveLength(1_002);
    frames[0]?.();
    expect(log).toHaveLength(1_002);
  });

  it("are handled although one of them cannot be", () => {
    const { add, frames, log, failed } = setUp();
    add("a", "broken", "b");
    frames[0]?.();
    expect(log).toEqual(["(", "a", "b", ")"]);
    expect(failed.mock.calls).toEqual([[new Error("no")]]);
  });
});
