import { afterEach, describe, expect, it, vi } from "vitest";
import { isAt, keptAs, pageServer, urlOf } from "./page.ts";

const pageAt = (url: string): void => {
  vi.stubGlobal("document", { baseURI: url });
  vi.stubGlobal("location", new URL(url));
};

describe("the page's addresses", () => {
  afterEach(() => void vi.unstubAllGlobals());

  it.each(["https://example.org/", "https://example.org/chat/", "https://example.org/a/b/"])(
    "are beside the page, under %s",
    (root) => {
      for (const page of ["", "setup#token", "#/team/backend"]) {
        pageAt(`${root}${page}`);
        expect(pageServer()).toBe(root);
        expect(urlOf("/rooms/team/a%23b?limit=1")).toBe(`${root}rooms/team/a%23b?limit=1`);
        expect(isAt("/setup")).toBe(page.startsWith("setup"));
      }
    },
  );

  it("keep what belongs to one server apart from another's", () => {
    const names = ["http://example.org/", "http://example.org/a/", "http://example.org/b/setup"].map(
      (url) => {
        pageAt(url);
        return keptAs("chinwag");
      },
    );
    expect(names).toEqual(["chinwag", "chinwag@/a/", "chinwag@/b/"]);
  });
});
