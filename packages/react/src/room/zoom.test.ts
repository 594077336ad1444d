import { describe, expect, it } from "vitest";
import { dragged, fitted, movedBy, type Room, toggled, WHOLE, zoomedBy } from "./zoom.ts";

const MIDDLE = { x: 0, y: 0 };
const ROOM: Room = { stage: { width: 800, height: 600 }, picture: { width: 800, height: 400 } };

describe("a picture on its stage", () => {
  it("is fitted into it", () => {
    expect(fitted({ width: 4000, height: 2000 }, ROOM.stage)).toEqual({ width: 800, height: 400 });
    expect(fitted({ width: 100, height: 200 }, ROOM.stage)).toEqual({ width: 300, height: 600 });
  });

  it("keeps the point in its place at which it is enlarged", () => {
    const zoom = zoomedBy(WHOLE, 4, { x: 100, y: 50 }, ROOM);
    expect(zoom).toEqual({ scale: 4, x: -300, y: -150 });
    // The same point of the picture, (25, 12.5) from its middle after four times, is still under the pointer.
    expect((100 - zoom.x) / zoom.scale).toBe(100);
    expect(zoomedBy(zoom, 0.25, { x: 100, y: 50 }, ROOM)).toEqual(WHOLE);
  });

  it("is never smaller than the stage allows, nor larger than eight times", () => {
    expect(zoomedBy(WHOLE, 0.5, { x: 100, y: 0 }, ROOM)).toEqual(WHOLE);
    expect(zoomedBy(WHOLE, 1000, MIDDLE, ROOM).scale).toBe(8);
  });

  it("can be moved up to its edges, and not at all in a direction in which there is room", () => {
    const zoom = zoomedBy(WHOLE, 1.25, MIDDLE, ROOM);
    expect(movedBy(zoom, { x: 30, y: 30 }, ROOM)).toEqual({ scale: 1.25, x: 30, y: 0 });
    expect(movedBy(zoom, { x: -9000, y: 9000 }, ROOM)).toEqual({ scale: 1.25, x: -100, y: 0 });
    expect(movedBy(WHOLE, { x: 50, y: 50 }, ROOM)).toEqual(WHOLE);
  });

  it("is enlarged by a double click, and whole again after the next", () => {
    const zoom = toggled(WHOLE, { x: 100, y: 0 }, ROOM);
    expect(zoom.scale).toBe(2.5);
    expect(toggled(zoom, { x: 100, y: 0 }, ROOM)).toEqual(WHOLE);
  });

  it("follows one finger, and the middle and distance of two", () => {
    const large = zoomedBy(WHOLE, 4, MIDDLE, ROOM);
    expect(dragged(large, [{ x: 0, y: 0 }], [{ x: 10, y: -20 }], ROOM)).toEqual({ scale: 4, x: 10, y: -20 });
    const before = [
      { x: -50, y: 0 },
      { x: 50, y: 0 },
    ];
    const apart = before.map(({ x }) => ({ x: 2 * x, y: 0 }));
    expect(dragged(WHOLE, before, apart, ROOM)).toEqual({ scale: 2, x: 0, y: 0 });
    const aside = apart.map(({ x, y }) => ({ x: x + 40, y }));
    expect(dragged(WHOLE, before, aside, ROOM)).toEqual({ scale: 2, x: 40, y: 0 });
    const both = [
      { x: 7, y: 7 },
      { x: 7, y: 7 },
    ];
    expect(dragged(large, both, both, ROOM)).toEqual(large);
  });
});
