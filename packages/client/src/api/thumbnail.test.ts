import { describe, expect, it } from "vitest";
import { hasThumbnails, thumbnailUrl, thumbnailWidth } from "./thumbnail.ts";

describe("thumbnails", () => {
  it("have the address of their picture with a size, also if that is signed", () => {
    expect(thumbnailUrl("https://chat.example/team/media/3f0c", "small")).toBe(
      "https://chat.example/team/media/3f0c?size=480",
    );
    const signed = "https://chat.example/media/3f0c?signer=7.12&expires=9&signature=dA-_";
    expect(thumbnailUrl(signed, "large")).toBe(`${signed}&size=1200`);
  });

  it("exist for pictures whose type the server can decode and whose sides are known", () => {
    const sides = { width: 4, height: 3 };
    const types = ["jpeg", "png", "webp", "gif"].map((kind) => `image/${kind}`);
    for (const type of types) {
      expect(hasThumbnails({ type, ...sides })).toBe(true);
      expect(hasThumbnails({ type, width: null, height: null })).toBe(false);
      expect(hasThumbnails({ type })).toBe(false);
    }
    for (const type of ["image/avif", "image/svg+xml", "video/mp4"])
      expect(hasThumbnails({ type, ...sides })).toBe(false);
  });

  it("are as wide as their longest side allows, and never wider than the picture", () => {
    expect(thumbnailWidth({ type: "image/png", width: 4000, height: 3000 }, "small")).toBe(480);
    expect(thumbnailWidth({ type: "image/png", width: 3000, height: 4000 }, "small")).toBe(360);
    expect(thumbnailWidth({ type: "image/png", width: 3000, height: 4000 }, "large")).toBe(900);
    expect(thumbnailWidth({ type: "image/png", width: 300, height: 400 }, "large")).toBe(300);
    expect(thumbnailWidth({ type: "image/png", width: 1, height: 50_000 }, "small")).toBe(1);
  });
});
