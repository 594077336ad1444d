import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const file = (name: string): string => fileURLToPath(new URL(`../src/mqtt/${name}`, import.meta.url));

/** MQTT.js's modules that use Node's global `process`. */
const WANT_PROCESS = /node_modules\/mqtt\/build\//;

const PACKAGE = /node_modules\/mqtt\/package\.json$/;

/** Builds MQTT.js from its modules, with what they need in a browser, rather than from its bundle. */
export const mqttFromModules = (): Plugin => ({
  name: "mqtt-from-modules",
  apply: "build",
  config: () => ({
    resolve: {
      alias: [
        { find: /^mqtt$/, replacement: file("index.ts") },
        { find: /^node:(buffer|events)$/, replacement: "$1/" },
        { find: /^readable-stream$/, replacement: file("streams.cjs") },
        // Without its stream, which the parser of packets does not use.
        { find: /^bl$/, replacement: "bl/BufferList.js" },
        { find: /^lru-cache$/, replacement: file("lru-cache.cjs") },
        { find: /^(process\/?|process-nextick-args)$/, replacement: file("process.cjs") },
        { find: /^worker-timers$/, replacement: file("timers.js") },
        { find: /^debug$/, replacement: file("debug.cjs") },
      ],
    },
  }),
  load: {
    filter: { id: PACKAGE },
    // All that it is read for. Its lists of scripts and dependencies would be sent to every browser.
    handler: (id) => JSON.stringify({ version: JSON.parse(readFileSync(id, "utf8")).version }),
  },
  transform: {
    filter: { id: WANT_PROCESS },
    handler: (code) => ({ code: `const process = require("process/");${code}`, map: null }),
  },
});
