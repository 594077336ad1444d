import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["chinwag:source", "module", "browser", "development|production"] },
  ssr: { resolve: { conditions: ["chinwag:source", "module", "node", "development|production"] } },
  test: {
    include: ["packages/*/src/**/*.test.{ts,tsx}", "web/{src,build,bench}/**/*.test.{ts,tsx}"],
    environment: "node",
  },
});
