import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { BrowserContextOptions } from "playwright-core";
import type { Person } from "./browser";

/** A phone, as far as a browser on a desktop can be one. */
export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
};

/** How people look at the pages. */
export const LOOKS: [string, BrowserContextOptions][] = [
  ["by day", { colorScheme: "light" }],
  ["by night", { colorScheme: "dark" }],
  ["by day on a phone", { colorScheme: "light", ...PHONE }],
  ["by night on a phone", { colorScheme: "dark", ...PHONE }],
];

const axe = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Returns the violations of WCAG 2.2, level AA, on the current page. */
export const problems = async (person: Person): Promise<string[]> => {
  await person.page.evaluate(await axe);
  // Wait until all animations have finished.
  await person.page.evaluate(() =>
    Promise.all(document.getAnimations().map((each) => each.finished.catch(() => {}))),
  );
  const found = await person.page.evaluate(() =>
    (globalThis as unknown as { axe: { run(on: unknown, how: unknown): Promise<AxeResults> } }).axe.run(
      // Guards pass the focus on to the other end of an open menu at once; they never keep it.
      { exclude: [["[data-base-ui-focus-guard]"]] },
      { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
    ),
  );
  return found.violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.target} ${node.failureSummary}`),
  );
};
