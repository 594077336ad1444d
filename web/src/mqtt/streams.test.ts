import { createRequire } from "node:module";
import type { Transform } from "node:stream";
import { describe, expect, it } from "vitest";

type Streams = { Transform: new (options: object) => Transform };
const { Transform: Passing } = createRequire(import.meta.url)("./streams.cjs") as Streams;

describe("what stands in for MQTT.js's streams", () => {
  it("takes bytes as browsers have them", async () => {
    const passed = new Passing({
      transform: (chunk: Uint8Array, _: string, done: (error: null, chunk: Uint8Array) => void) =>
        done(null, new Uint8Array([chunk.length, ...chunk])),
    });
    const whole = new Uint8Array([0, 1, 2, 3]);
    passed.end(whole.subarray(1, 3));
    const found: number[] = [];
    for await (const chunk of passed) found.push(...(chunk as Uint8Array));
    expect(found).toEqual([2, 1, 2]);
  });
});
