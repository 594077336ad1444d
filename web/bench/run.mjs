// Runs main.ts with Vite's module runner, because Node 20 does not run TypeScript by itself.
import { runnerImport } from "vite";

// The packages of this repository are taken from their sources: nothing has to be built first.
const resolve = { conditions: ["chinwag:source"] };
const { module } = await runnerImport("./bench/main.ts", {
  configFile: false,
  logLevel: "error",
  environments: { inline: { resolve } },
});
process.exitCode = await module.main(process.argv.slice(2));
