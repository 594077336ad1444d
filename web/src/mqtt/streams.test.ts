import type { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { pass } from "./testing";

interface Writable {
  _write(chunk: Uint8Array, encoding: string, done: () => void): void;
  write(chunk: Uint8Array): void;
}

interface Readable extends EventEmitter {
  _read(): void;
  push(packet: object | null): void;
  read(size: number): object | null;
}

type Library = { Writable: new () => Writable; Readable: new (options: object) => Readable };

const require = createRequire(import.meta.url);
const ours = require("./streams.cjs") as Library;
// The one that MQTT.js comes with.
const theirs = createRequire(require.resolve("mqtt/package.json"))("readable-stream") as Library;

describe.each([
  ["what stands in for MQTT.js's streams", ours],
  ["MQTT.js's streams", theirs],
])("%s", (_, { Writable, Readable }) => {
  it("hands over one chunk after the other, when the one before is done", async () => {
    const seen: number[] = [];
    const done: (() => void)[] = [];
    const writable = new Writable();
    writable._write = ([number = -1], __, callback) => {
      seen.push(number);
      done.push(callback);
    };
    for (const number of [1, 2, 3]) writable.write(Uint8Array.of(number));
    await pass();
    expect(seen).toEqual([1]);
    done[0]?.();
    await pass();
    expect(seen).toEqual([1, 2]);
    done[1]?.();
    await pass();
    expect(seen).toEqual([1, 2, 3]);
    done[2]?.();
    writable.write(Uint8Array.of(4));
    await pass();
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it("takes any number of chunks while it is busy", async () => {
    let seen = 0;
    let first: (() => void) | undefined;
    const writable = new Writable();
    writable._write = (_chunk, __, done) => {
      seen += 1;
      if (first) done();
      else first = done;
    };
    for (let sent = 0; sent < 20_000; sent += 1) writable.write(Uint8Array.of(1));
    first?.();
    await pass();
    expect(seen).toBe(20_000);
  });

  it.each([0, 1, 3])("lists %i packets and says when it is over", async (count) => {
    const packets = Array.from({ length: count }, (_, number) => ({ number }));
    const rest = [...packets];
    const readable = new Readable({ objectMode: true });
    readable._read = () => readable.push(rest.shift() ?? null);
    const seen: object[] = [];
    let ends = 0;
    readable.on("end", () => (ends += 1));
    // As MQTT.js does: it waits once it gets nothing.
    const next = (): void => {
      const packet = readable.read(1);
      if (!packet) return void readable.once("readable", next);
      expect(ends).toBe(0);
      seen.push(packet);
      setImmediate(next);
    };
    next();
    await pass();
    expect([seen, ends]).toEqual([packets, 1]);
  });
});
