import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const file = (name: string): string => fileURLToPath(new URL(`../src/mqtt/${name}`, import.meta.url));

/** MQTT.js's modules that use Node's global `process`. */
const WANT_PROCESS = /node_modules\/mqtt\/build\//;

/** Builds MQTT.js from its modules, with what they need in a browser, rather than from its bundle. */
export const mqttFromModules = (): Plugin => ({
  name: "mqtt-from-modules",
  apply: "build",
  config: () => ({
    resolve: {
      alias: [
        { find: /^mqtt$/, replacement: file("index.ts") },
        { find: /^readable-stream$/, replacement: "readable-stream/lib/stream.js" },
        { find: /^(process\/?|process-nextick-args)$/, replacement: file("process.cjs") },
        { find: /^worker-timers$/, replacement: file("timers.js") },
        { find: /^debug$/, replacement: file("debug.cjs") },
      ],
    },
  }),
  transform: {
    filter: { id: WANT_PROCESS },
    handler: (code) => ({ code: `const process = require("process/");${code}`, map: null }),
  },
});
