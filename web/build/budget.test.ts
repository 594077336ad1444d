import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import { build, type Rolldown } from "vite";
import { describe, expect, it } from "vitest";
import { budget, firstScripts } from "./budget";

/** Kibibytes of a module's text, which no compression makes much smaller. */
const SIZE = 20;
const much = (name: string): string =>
  `globalThis.${name} = "${randomBytes(SIZE * 768).toString("base64")}";`;

/** The page imports `shared`, then `room`, and `settings` only when it is asked to; `docs` is another page. */
const MODULES: Record<string, string> = {
  "index.js": `import "./shared.js"; import("./room.js"); onclick = () => import("./settings.js");`,
  "docs.js": `import "./shared.js"; ${much("docs")}`,
  "shared.js": much("shared"),
  "room.js": much("room"),
  "settings.js": much("settings"),
};

const built = async (limit: number): Promise<Rolldown.RolldownOutput> => {
  const modules: Rolldown.Plugin = {
    name: "modules",
    resolveId: (id) => (basename(id) in MODULES ? `/${basename(id)}` : null),
    load: (id) => MODULES[id.slice(1)],
  };
  const input = { index: "index.js", docs: "docs.js" };
  const options = { write: false, rolldownOptions: { input }, modulePreload: false } as const;
  const plugins = [modules, budget(limit)];
  return (await build({
    configFile: false,
    logLevel: "silent",
    plugins,
    build: options,
  })) as Rolldown.RolldownOutput;
};

describe("the budget for the first room's scripts", () => {
  it("fails the build when they are larger", async () => {
    await expect(built(4 * SIZE)).resolves.toBeDefined();
    await expect(built(2 * SIZE)).rejects.toThrow(/the first room needs .* KiB of script/);
  });

  it("counts what the page imports, at once or later, but not what is loaded on demand or for other pages", async () => {
    const { output } = await built(4 * SIZE);
    const bundle = Object.fromEntries(output.map((file) => [file.fileName, file]));
    const names = (onDemand: readonly string[]) =>
      firstScripts(bundle, onDemand)
        .map((name) => /(\w+)-[^/]*\.js$/.exec(name)?.[1])
        .sort();
    expect(names([])).toEqual(expect.arrayContaining(["index", "room", "settings", "shared"]));
    expect(names([])).not.toContain("docs");
    expect(names(["/settings.js"])).not.toContain("settings");
    expect(names(["/settings.js"])).toContain("room");
  });
});
