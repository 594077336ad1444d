import { createHash } from "node:crypto";
import type { Plugin } from "vite";

/** The service worker's file. */
export const WORKER = "sw.js";

/** Pages of their own, with what only they need: not part of what opens without a network. */
const NOT_KEPT = /^(docs\/|assets\/docs-)/;
const KEPT = /^assets\/.*\.(js|css|svg|woff2)$/;

/** Tells the service worker which files belong to its version, and names the version after their contents. */
export const precache = (): Plugin => ({
  name: "precache",
  apply: "build",
  enforce: "post",
  generateBundle: {
    order: "post",
    handler(_, bundle) {
      const worker = bundle[WORKER];
      const page = bundle["index.html"];
      if (worker?.type !== "chunk" || page?.type !== "asset")
        throw new Error("the build has no service worker or page");
      const files = Object.keys(bundle)
        .filter((name) => KEPT.test(name) && !NOT_KEPT.test(name))
        .sort();
      const version = createHash("sha256")
        .update(files.join("\n"))
        .update(page.source)
        .digest("hex")
        .slice(0, 12);
      // It runs as a classic script too, where a browser has no service workers that are modules.
      const code = worker.code.replace(/export\s*\{\s*\};?/, "");
      worker.code = `const PRECACHED=${JSON.stringify({ version, files })};${code}`;
    },
  },
});
