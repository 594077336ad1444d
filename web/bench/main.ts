import { rm, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { resolve } from "node:path";
import type { Browser } from "playwright-core";
import { launch } from "../e2e/support/browser";
import type { Figure, Samples } from "./figure";
import { FIGURES } from "./figures";
import { type Options, optionsOf, USAGE } from "./options";
import { Results, table } from "./report";
import { type SceneName, seed } from "./seed/scenes";
import { Stand } from "./stand";

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Measures what the arguments ask for; returns the process's exit code. */
export const main = async (args: readonly string[]): Promise<number> => {
  const options = optionsOf(args);
  if (options.help) return print(USAGE);
  const { names } = options;
  const figures = FIGURES.filter(
    ({ name }) => names.length === 0 || names.some((part) => name.includes(part)),
  );
  if (options.list) return print(figures.map(({ name }) => name).join("\n"));
  if (figures.length === 0) throw new Error(`no figure has a name like ${names.join(" or ")}: see --list`);
  const now = new Results("now", resolve(options.binary));
  const results = options.baseline ? [new Results("baseline", resolve(options.baseline)), now] : [now];
  const browser = await launch();
  try {
    const scenes = new Set(figures.map(({ scene }) => scene));
    for (const scene of scenes) {
      const here = figures.filter((figure) => figure.scene === scene);
      await measureScene(scene, here, { browser, results, rounds: options.rounds });
    }
  } finally {
    await browser.close();
  }
  return report(figures, results, options);
};

interface Run {
  readonly browser: Browser;
  readonly results: readonly Results[];
  readonly rounds: number;
}

/** Measures the figures of one scene; each round measures all binaries, one after the other. */
const measureScene = async (scene: SceneName, figures: readonly Figure[], run: Run): Promise<void> => {
  const { browser, results, rounds } = run;
  say(`${scene}: making the data`);
  // The first binary makes it, since a newer one can read what an older one wrote.
  const data = await seed(scene, results[0]?.binary ?? "");
  const stands: { stand: Stand; result: Results }[] = [];
  try {
    for (const result of results)
      stands.push({ stand: await Stand.set(result.binary, data, browser), result });
    for (const figure of figures)
      for (let round = 1; round <= Math.min(rounds, figure.rounds ?? rounds); round += 1)
        // Each is the first as often as the other.
        for (const { stand, result } of round % 2 === 0 ? stands.toReversed() : stands)
          await measure(figure, round, stand, result);
  } finally {
    for (const { stand } of stands) await stand.end();
    await rm(data, { recursive: true, force: true });
  }
};

const measure = async (figure: Figure, round: number, stand: Stand, result: Results): Promise<void> => {
  const run = `${figure.name} ${round}, ${result.name}`;
  try {
    const samples = await figure.measure(stand);
    result.add(figure, samples);
    say(`${run}: ${rounded(samples)}`);
  } catch (error) {
    result.failures.push(`${figure.name}, round ${round}: ${error}`);
    say(`${run} failed: ${error instanceof Error ? error.stack : error}`);
  }
};

const rounded = (samples: Samples): string =>
  JSON.stringify(samples, (_, value) => (typeof value === "number" ? Number(value.toPrecision(4)) : value));

const report = async (figures: readonly Figure[], results: readonly Results[], options: Options) => {
  const load = loadavg().map((value) => value.toFixed(1));
  const machine = `Median (least–most), ${cpus().length} cores, load at the end ${load.join(", ")}. Bold: misses the goal.`;
  const text = `${table(figures, results)}\n\n${machine}\n`;
  if (options.out) await writeFile(options.out, text);
  print(text);
  return results.some(({ failures }) => failures.length > 0) ? 1 : 0;
};

const print = (text: string): number => {
  process.stdout.write(`${text}\n`);
  return 0;
};
