import { crc32, deflateSync } from "node:zlib";

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
};

/** Generates a PNG of a sunset, so that the tests need no image file. */
export const picture = (width = 640, height = 400): Buffer => {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = y * (width * 3 + 1) + 1 + x * 3;
      rows.set(colourAt(x / width, y / height, width / height), at);
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
};

/** Sun, sky, and three rows of hills, each darker than the one behind. */
const colourAt = (x: number, y: number, aspect: number): [number, number, number] => {
  const hills: [number, [number, number, number]][] = [
    [0.86 + 0.05 * Math.sin(x * 5 + 1), [16, 44, 38]],
    [0.74 + 0.06 * Math.sin(x * 7 + 3), [30, 74, 64]],
    [0.63 + 0.05 * Math.sin(x * 4 + 5), [88, 104, 84]],
  ];
  for (const [edge, colour] of hills) if (y > edge) return colour;
  const sun = Math.hypot((x - 0.68) * aspect, y - 0.46);
  if (sun < 0.12) return [255, 236, 190];
  const glow = Math.max(0, 1 - sun * 1.6);
  return [Math.min(255, 226 + 29 * glow), 122 + 90 * glow + 30 * y, 92 + 60 * glow + 30 * y].map(
    Math.round,
  ) as [number, number, number];
};

/** A frame of one pixel, in one of two colours, for 0.4 seconds. */
const frame = (pixel: "4401" | "4c01"): string => `21f90400280000002c0000000001000100000202${pixel}00`;

/** A GIF that changes between red and green for ever. */
export const MOVING = Buffer.from(
  `47494638396101000100800000ff000000ff0021ff0b4e45545343415045322e300301000000${frame("4401")}${frame("4c01")}3b`,
  "hex",
);
