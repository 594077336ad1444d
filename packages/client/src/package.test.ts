import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const ROOT = new URL("../../..", import.meta.url).pathname;

/** What there is in a browser and not in every Node.js. Reading one of them at import would fail in one or the other. */
const DOM = [
  "window",
  "document",
  "location",
  "localStorage",
  "indexedDB",
  "Worker",
  "XMLHttpRequest",
].concat(["WebSocket", "navigator", "addEventListener", "requestAnimationFrame"]);

/** Imports modules of the built packages in a Node.js without them; resolves to the names that they export. */
const imported = async (...modules: string[]): Promise<string[]> => {
  const script = `
    for (const name of ${JSON.stringify(DOM)})
      Object.defineProperty(globalThis, name, {
        configurable: true,
        get() { throw new Error("import reads " + name); },
      });
    const names = [];
    for (const module of ${JSON.stringify(modules)}) names.push(...Object.keys(await import(module)));
    console.log(JSON.stringify(names));
  `;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], { cwd: ROOT });
  return JSON.parse(stdout) as string[];
};

describe("the built package", () => {
  beforeAll(() => run("npm", ["run", "build:packages"], { cwd: ROOT }), 120_000);

  it("is imported in Node, without anything of a browser", async () => {
    const names = await imported("@chinwag/protocol", "@chinwag/client");
    expect(names).toEqual(
      expect.arrayContaining(["sendTopic", "connect", "Chat", "createApi", "defaultPorts"]),
    );
  });

  it("reads nothing of a browser either when its part for browsers is imported, for pages rendered on a server", async () => {
    expect(await imported("@chinwag/client/browser")).toEqual(
      expect.arrayContaining(["browserPorts", "pageServer"]),
    );
  });
});
