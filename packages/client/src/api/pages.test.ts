import { describe, expect, it, vi } from "vitest";
import { createApi } from "./http.ts";
import { allPages } from "./pages.ts";

/** A server whose list has these pages; each cursor is the number of its page. */
const listOf = (...pages: number[][]) =>
  vi.fn(async (cursor: string | undefined): Promise<{ items: number[]; cursor?: string }> => {
    const at = Number(cursor ?? 0);
    const items = pages[at] ?? [];
    return at + 1 < pages.length ? { items, cursor: `${at + 1}` } : { items };
  });

describe("lists that come in pages", () => {
  it("are fetched to their end, in order", async () => {
    expect(await allPages("items", listOf([1, 2], [], [3], [4]))).toEqual({ items: [1, 2, 3, 4] });
    const short = listOf([1]);
    expect(await allPages("items", short)).toEqual({ items: [1] });
    expect(short.mock.calls).toEqual([[undefined]]);
  });

  it("are given up where a cursor comes again, or without end another one", async () => {
    const round = vi.fn(async (cursor?: string) => ({ items: [1], cursor: cursor === "a" ? "b" : "a" }));
    await expect(allPages("items", round)).rejects.toMatchObject({ params: { reason: "endless_list" } });
    expect(round).toHaveBeenCalledTimes(3);
    let number = 0;
    const onward = vi.fn(async () => ({ items: [], cursor: `${number++}` }));
    await expect(allPages("items", onward)).rejects.toMatchObject({ params: { reason: "endless_list" } });
    expect(onward).toHaveBeenCalledTimes(1000);
  });

  it("fail as a whole where a page does", async () => {
    const list = listOf([1], [2]).mockResolvedValueOnce({ items: [1], cursor: "1" });
    list.mockRejectedValueOnce(new Error("gone"));
    await expect(allPages("items", list)).rejects.toThrow("gone");
  });

  it("are those of people, members and rooms to join", async () => {
    const asked: string[] = [];
    const fetch = async (url: unknown) => {
      const { pathname, search, searchParams } = new URL(`${url}`);
      asked.push(`${pathname}${search}`);
      const member = pathname.split("/")[1] ?? "";
      const more = searchParams.has("cursor") ? {} : { cursor: "c-_1" };
      return new Response(JSON.stringify({ [member]: [pathname], ...more }));
    };
    const api = createApi({ url: "http://here/", fetch });
    expect(await api.people()).toEqual({ people: ["/people", "/people"] });
    expect((await api.members("team/a b")).members).toHaveLength(2);
    expect((await api.joinable()).rooms).toHaveLength(2);
    expect(asked).toEqual([
      "/people?limit=500",
      "/people?limit=500&cursor=c-_1",
      "/members/team/a%20b?limit=500",
      "/members/team/a%20b?limit=500&cursor=c-_1",
      "/rooms?joinable=true&limit=500",
      "/rooms?joinable=true&limit=500&cursor=c-_1",
    ]);
  });
});
