import { describe, expect, it } from "vitest";
import { Running } from "./running.ts";
import { settled } from "./testing/set-up.ts";

/** Work that goes on until it is told to end; it counts its runs. */
const setUp = () => {
  const ends: ((error?: Error) => void)[] = [];
  const work = () =>
    new Promise<void>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve())));
  return { running: new Running(), work, ends };
};

describe("work in progress", () => {
  it("is joined, not repeated, and begins again once it is done", async () => {
    const { running, work, ends } = setUp();
    const all = [running.once("a", work), running.once("a", work)];
    const other = running.once("b", work);
    expect(ends).toHaveLength(2);
    for (const end of ends) end();
    await Promise.all([...all, other]);
    void running.once("a", work);
    expect(ends).toHaveLength(3);
  });

  it("fails for all who wait for it, and may be tried again", async () => {
    const { running, work, ends } = setUp();
    const all = [running.once("a", work), running.once("a", work)];
    ends[0]?.(new Error("no"));
    await Promise.all(all.map((each) => expect(each).rejects.toThrow("no")));
    void running.once("a", work);
    expect(ends).toHaveLength(2);
  });
});

describe("work that must begin anew", () => {
  it("waits for what is in progress, and is shared by all who wait", async () => {
    const { running, work, ends } = setUp();
    const first = running.once("a", work);
    let done = 0;
    const all = [1, 2, 3].map(() => running.anew("a", work).then(() => (done += 1)));
    ends[0]?.();
    await first;
    await settled();
    expect([ends.length, done]).toEqual([2, 0]);
    const late = running.anew("a", work);
    ends[1]?.();
    await Promise.all(all);
    await settled();
    expect([ends.length, done]).toEqual([3, 3]);
    ends[2]?.();
    await late;
  });

  it("begins at once if nothing is in progress, and does not fail because something else did", async () => {
    const { running, work, ends } = setUp();
    const first = expect(running.anew("a", work)).rejects.toThrow("no");
    await settled();
    expect(ends).toHaveLength(1);
    const second = running.anew("a", work);
    ends[0]?.(new Error("no"));
    await first;
    await settled();
    ends[1]?.();
    await second;
  });
});
