import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SignedAddresses } from "./signed-addresses.ts";

const setUp = () => {
  const asked: string[][] = [];
  const server = { isReachable: true, round: 1, unreadable: new Set<string>() };
  const addresses = new SignedAddresses({
    now: Date.now,
    plain: (id) => `plain/${id}`,
    sign: async (ids) => {
      asked.push([...ids]);
      if (!server.isReachable) throw new Error("unreachable");
      const readable = ids.filter((id) => !server.unreadable.has(id));
      return new Map(readable.map((id) => [id, `signed/${id}/${server.round}`]));
    },
  });
  return { addresses, asked, server };
};

const settle = () => vi.advanceTimersByTimeAsync(0);
const HOUR = 3_600_000;

describe("signed addresses", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("are asked for together, once, and told when they are there", async () => {
    const { addresses, asked } = setUp();
    const listener = vi.fn();
    for (const id of ["a", "b", "a"]) addresses.view(id).subscribe(() => listener());
    expect(addresses.view("a").getSnapshot()).toBeUndefined();
    await settle();
    expect(asked).toEqual([["a", "b"]]);
    expect(listener).toHaveBeenCalledTimes(3);
    addresses.view("b").subscribe(listener);
    await settle();
    expect(addresses.view("b").getSnapshot()).toBe("signed/b/1");
    expect(asked).toHaveLength(1);
  });

  it("come in requests of a hundred", async () => {
    const { addresses, asked } = setUp();
    for (let at = 0; at < 150; at += 1) addresses.view(`${at}`).subscribe(() => {});
    await settle();
    expect(asked.map(({ length }) => length)).toEqual([100, 50]);
  });

  it("are renewed before they expire while they are shown, and when they are shown again", async () => {
    const { addresses, asked, server } = setUp();
    addresses.view("shown").subscribe(() => {});
    const hide = addresses.view("hidden").subscribe(() => {});
    await settle();
    hide();
    server.round = 2;
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(asked.slice(1)).toEqual([["shown"]]);
    expect(addresses.view("shown").getSnapshot()).toBe("signed/shown/2");
    addresses.view("hidden").subscribe(() => {});
    await settle();
    expect(addresses.view("hidden").getSnapshot()).toBe("signed/hidden/2");
  });

  it("are asked for again if the server does not answer, and with another token", async () => {
    const { addresses, asked, server } = setUp();
    server.isReachable = false;
    addresses.view("a").subscribe(() => {});
    await settle();
    server.isReachable = true;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(addresses.view("a").getSnapshot()).toBe("signed/a/1");
    server.round = 2;
    addresses.renew();
    await settle();
    expect(addresses.view("a").getSnapshot()).toBe("signed/a/2");
    expect(asked).toHaveLength(3);
  });

  it("are the plain ones of what may not be read, so that it fails to load", async () => {
    const { addresses, asked, server } = setUp();
    server.unreadable.add("a");
    addresses.view("a").subscribe(() => {});
    await settle();
    expect(addresses.view("a").getSnapshot()).toBe("plain/a");
    await vi.advanceTimersByTimeAsync(HOUR / 2);
    expect(asked).toHaveLength(1);
    addresses.stop();
    await vi.advanceTimersByTimeAsync(2 * HOUR);
    expect(asked).toHaveLength(1);
  });
});
