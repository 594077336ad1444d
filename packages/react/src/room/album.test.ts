import { ATTACHMENTS } from "@chinwag/protocol";
import { describe, expect, it } from "vitest";
import { albumOf } from "./album.ts";

const counts = Array.from({ length: ATTACHMENTS - 1 }, (_, index) => index + 2);

describe("an album", () => {
  it.each(counts)(
    "of %i pictures has a place for each, in full rows, and is at most 400 pixels high",
    (count) => {
      const places = albumOf(count);
      expect(places).toHaveLength(count);
      let height = -6;
      let column = 0;
      for (const place of places) {
        column += place.columns;
        if (column < 12) continue;
        expect(column).toBe(12);
        column = 0;
        height += place.height + 6;
      }
      expect(column).toBe(0);
      expect(height).toBeLessThanOrEqual(400);
      // The widths and the gaps of the columns.
      for (const { columns, width } of places)
        expect(width).toBeCloseTo((332 / 12) * columns + 6 * (columns - 1));
    },
  );

  it("has places for more pictures than a message may have", () => {
    expect(albumOf(ATTACHMENTS + 3).length).toBeGreaterThanOrEqual(ATTACHMENTS + 3);
  });
});
