import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** The end-to-end tests: a real browser with the real binary, two files at a time. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  test: {
    include: ["*.e2e.ts"],
    environment: "node",
    maxWorkers: 2,
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
});
