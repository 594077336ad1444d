// Runs main.ts with Vite's module runner, because Node 20 does not run TypeScript by itself.
import { runnerImport } from "vite";

const { module } = await runnerImport("./bench/main.ts", { configFile: false, logLevel: "error" });
process.exitCode = await module.main(process.argv.slice(2));
