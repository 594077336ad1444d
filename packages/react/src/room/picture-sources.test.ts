import type { Attachment } from "@chinwag/protocol";
import { describe, expect, it } from "vitest";
import { filling, isThumbnailed, messageSources, viewerSources } from "./picture-sources.ts";

const URL = "https://chat.example/media/a";

const picture = (width: number, height: number): Attachment => ({
  id: "a",
  name: "a.jpg",
  type: "image/jpeg",
  size: 9,
  width,
  height,
});

describe("a picture in the viewer", () => {
  it("is the large thumbnail, or itself where the screen shows more of it", () => {
    expect(viewerSources(picture(4000, 2000), URL)).toEqual({
      src: `${URL}?size=1200`,
      srcSet: `${URL}?size=1200 1200w, ${URL} 4000w`,
      sizes: "min(100vw, 200.0vh)",
    });
  });

  it("is itself if it is small or may move", () => {
    expect(viewerSources(picture(900, 1200), URL)).toEqual({ src: URL });
    for (const type of ["image/gif", "image/webp"])
      expect(viewerSources({ ...picture(4000, 2000), type }, URL)).toEqual({ src: URL });
  });
});

describe("a picture in a message", () => {
  it("is loaded as small as it is shown", () => {
    expect(messageSources(picture(4000, 3000), URL, 400)).toEqual({
      src: `${URL}?size=480`,
      srcSet: `${URL}?size=480 480w, ${URL}?size=1200 1200w`,
      sizes: "400px",
    });
    expect(messageSources(picture(1000, 500), URL, 400).srcSet).toContain("?size=1200 1000w");
  });

  it("has one size if it is small, or a line whose widths are equal", () => {
    expect(messageSources(picture(300, 400), URL, 300)).toEqual({ src: `${URL}?size=480` });
    expect(messageSources(picture(1, 9000), URL, 90)).toEqual({ src: `${URL}?size=480` });
  });

  it("fills its box in both directions", () => {
    expect(filling(picture(1000, 1000), { width: 196, height: 196 })).toBe(196);
    expect(filling(picture(2000, 1000), { width: 196, height: 196 })).toBe(392);
    expect(filling(picture(1000, 2000), { width: 196, height: 196 })).toBe(196);
  });

  it("comes from memory if it was sent from here, and as it is if the server can't decode it", () => {
    expect(isThumbnailed(picture(9, 9), URL)).toBe(true);
    expect(isThumbnailed(picture(9, 9), "blob:https://chat.example/1")).toBe(false);
    expect(isThumbnailed({ ...picture(9, 9), type: "image/avif" }, URL)).toBe(false);
  });
});
