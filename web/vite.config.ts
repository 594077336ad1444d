import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { budget } from "./build/budget.ts";
import { compress } from "./build/compress.ts";
import { mqttFromModules } from "./build/mqtt.ts";
import { precache, WORKER } from "./build/precache.ts";

/** For `npm run dev`: the API and the WebSocket of a server started beside it. */
const server = process.env.CHINWAG_URL ?? "http://127.0.0.1:8080";
const api =
  "^/(setup|session|rooms|direct|members|people|broker|accounts?|tokens|messages?|events|read|media)(/|\\?|$)";

export default defineConfig({
  // Every address is relative to its page: behind a proxy the client may be under any path.
  base: "./",
  resolve: { conditions: ["chinwag:source", "module", "browser", "development|production"] },
  plugins: [react(), mqttFromModules(), precache(), budget(), compress()],
  build: {
    rolldownOptions: {
      input: { index: "index.html", docs: "docs/index.html", worker: "src/service-worker/worker.ts" },
      output: {
        // Its address must stay the same, and above what it serves.
        entryFileNames: ({ name }) => (name === "worker" ? WORKER : "assets/[name]-[hash].js"),
        codeSplitting: {
          // One file with what dialogs, menus and the like are made of, rather than twenty: it is loaded when there is
          // time, or with the first of them.
          // It must not take React along, which the page needs at once.
          includeDependenciesRecursively: false,
          groups: [{ name: "popups", test: /node_modules\/(@base-ui|@floating-ui|reselect|tabbable)\// }],
        },
      },
    },
    target: "es2022",
    // Those that know light-dark() and :dir(), which can't be had by translation.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // The server's Content-Security-Policy knows data: URLs of pictures only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Swagger UI, of the page in docs/.
    chunkSizeWarningLimit: 1_600,
  },
  server: {
    proxy: {
      [api]: {
        target: server,
        bypass: (request) => (request.headers.accept?.includes("text/html") ? "/" : undefined),
      },
      "/mqtt": { target: server, ws: true },
    },
  },
});
