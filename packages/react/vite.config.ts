import { basename } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { scope } from "./build/scope.ts";

/** What a page's bundler finds by itself. */
const FOUND = /^(react|react-dom|@chinwag\/(client|protocol)|@base-ui\/react|lucide-react|virtua)(\/|$)/;

const MODULES = {
  index: "src/index.ts",
  "language/index": "src/language/index.ts",
  "ui/index": "src/ui/index.ts",
  "ui/tabs": "src/ui/tabs.tsx",
  "ui/combobox": "src/ui/combobox.tsx",
  style: "src/style.ts",
};

const STANDALONE = { index: "src/standalone.tsx" };

/**
 * `vite build` makes the modules and the style sheet for pages with a bundler, `vite build --mode standalone` one that
 * contains everything, for pages without.
 */
export default defineConfig(({ mode }) => {
  const standalone = mode === "standalone";
  const entry: Record<string, string> = standalone ? STANDALONE : MODULES;
  return {
    // Wherever the files are put, they find each other.
    base: "./",
    plugins: [react()],
    resolve: { conditions: ["chinwag:source", "module", "browser"] },
    define: standalone ? { "process.env.NODE_ENV": '"production"' } : {},
    css: {
      postcss: { plugins: [scope] },
      // Names that say whose they are, and the same in both builds, which share a style sheet.
      modules: {
        generateScopedName: (name: string, file: string) =>
          `chinwag-${basename(file.split("?")[0] ?? "", ".module.css")}-${name}`,
      },
    },
    build: {
      outDir: standalone ? "dist/standalone" : "dist",
      emptyOutDir: false,
      target: "es2022",
      // Those that know light-dark(), which can't be had by translation.
      cssTarget: ["chrome123", "firefox120", "safari17.5"],
      minify: standalone,
      cssMinify: true,
      cssCodeSplit: false,
      lib: {
        formats: ["es"],
        cssFileName: "style",
        entry,
      },
      rolldownOptions: {
        external: standalone ? [] : FOUND,
        output: {
          chunkFileNames: "chunks/[name].js",
          // Rooms are drawn in browsers; on a server they draw their place.
          banner: standalone ? "" : '"use client";',
        },
      },
    },
  };
});
