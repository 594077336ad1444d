import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";

interface Cache {
  readonly size: number;
  get(key: number): string | undefined;
  set(key: number, value: string): void;
  clear(): void;
  keys(): Iterable<number>;
}
type Library = { LRUCache: new (options: { max: number }) => Cache };

const require = createRequire(import.meta.url);
const ours = require("./lru-cache.cjs") as Library;
// The one that MQTT.js comes with.
const theirs = createRequire(require.resolve("mqtt/package.json"))("lru-cache") as Library;

describe("what stands in for MQTT.js's cache of topic aliases", () => {
  it("keeps and forgets the same as the library, whatever is done", () => {
    for (let max = 1; max <= 4; max += 1) {
      const [one, other] = [new ours.LRUCache({ max }), new theirs.LRUCache({ max })];
      for (let step = 0; step < 500; step += 1) {
        // A fixed walk over few keys, so that each is used again, replaced and forgotten.
        const key = (step * step + 3 * step) % 7;
        if (step % 97 === 96) for (const cache of [one, other]) cache.clear();
        else if (step % 3 === 0) expect(one.get(key)).toBe(other.get(key));
        else for (const cache of [one, other]) cache.set(key, `topic ${step}`);
        expect([one.size, ...one.keys()]).toEqual([other.size, ...other.keys()]);
      }
    }
  });
});
