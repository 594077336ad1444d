import { type Profiler, Session } from "node:inspector/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "./index.ts";

/** What is dear to a parser that searches one thing from many places. */
const PIECES = [
  ..."*_~|`[](){}<>\\@:#-.,;!'\"&$% \n\t\ra1你🎉",
  "*a_",
  "**a ",
  "*a **b ",
  "*a* _b ",
  "a**",
  "**_",
  "***a",
  "_*-(",
  ")-*_",
  "||a ",
  "~~a||",
  "**@ ",
  "a|**",
  "|**a",
  "a.**",
  "\u00A0*a",
  "**你",
  "[a](",
  "](a",
  "[[a](b",
  "[a](https://a.b) ",
  "![",
  "` ``",
  "`a``b",
  "``` ",
  "```\n",
  "~~~\n",
  "```\n~~~~\n",
  "```a\n\n",
  "> ",
  "> > a\n",
  ">\n",
  "> a\nb\n",
  "> ```\n",
  "- ",
  "- a\n",
  "- a\n\n",
  "- a\n* b\n",
  "1. a\n\n\nb\n",
  "1. ",
  "  - x\n",
  "- [ ] ",
  "# ",
  "|\n",
  "|a|\n|-|\n",
  "|-",
  "a|`",
  "a|b\n-|-\n",
  "http://",
  "https://a)",
  "https://a((",
  "**https://a**",
  "www.a",
  "a@b",
  "a@b.c",
  "@a_",
  "@你你你你你你你你",
  "@_______a",
  "-_@",
  "://@",
  "\\*",
  "&#x41;",
  "\u202E",
  "e\u0301",
];

/** Texts that grow with `size`, of which some become more deeply nested. */
const texts = (size: number): [string, string][] => [
  ...PIECES.map((piece): [string, string] => [piece, piece.repeat(Math.ceil(size / piece.length))]),
  ...PIECES.map((piece): [string, string] => [
    `${piece}…a`,
    `${piece.repeat(Math.ceil(size / piece.length))}a`,
  ]),
  ["runs of backticks that grow", grow(size, (n) => `${"`".repeat(n)} `)],
  ["fences that grow", grow(size, (n) => `${"`".repeat(n + 2)}\n`)],
  ["steps", grow(size, (n) => `${" ".repeat(n)}- x\n`)],
  ["long steps", grow(size, (n) => `${" ".repeat(2 * n)}- x\n`)],
  ["steps down", grow(size, (n) => `${" ".repeat(Math.floor(Math.sqrt(2 * size)) - n)}- x\n`)],
  ["quoted steps", grow(size, (n) => `${"> ".repeat(n)}x\n`)],
  ["wide table", `${"|a".repeat(size / 4)}\n${"|-".repeat(size / 4)}\n${"|\n".repeat(size / 2)}`],
  ["opened, then closed", "*a _b **c ".repeat(size / 20) + "a* b_ c** ".repeat(size / 20)],
  ["brackets, opened and closed", "[".repeat(size / 6) + "](a)".repeat(size / 6)],
  ["links in links", "[".repeat(size / 20) + "](https://a.b/)".repeat(size / 20)],
];

const grow = (size: number, line: (n: number) => string): string => {
  let text = "";
  for (let n = 1; text.length < size; n += 1) text += line(n);
  return text.slice(0, size);
};

/** Counts how often the engine enters a block of our code: the same figure on any machine. */
class Steps {
  readonly #session = new Session();

  async begin(): Promise<void> {
    this.#session.connect();
    await this.#session.post("Profiler.enable");
    await this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  async of(run: () => unknown): Promise<number> {
    await this.#session.post("Profiler.takePreciseCoverage");
    run();
    const { result } = await this.#session.post("Profiler.takePreciseCoverage");
    const ours = ({ url }: Profiler.ScriptCoverage) => /\/text\/[a-z]+\.ts/.test(url);
    const counts = result.filter(ours).flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges));
    return counts.reduce((sum, { count }) => sum + count, 0);
  }

  end(): void {
    this.#session.disconnect();
  }
}

/** For a busy machine: the figures do not depend on time. */
const PATIENCE = 300_000;

describe("any text", () => {
  const steps = new Steps();
  beforeAll(() => steps.begin());
  afterAll(() => steps.end());

  it("is parsed in steps proportional to its length", { timeout: PATIENCE }, async () => {
    const small = texts(4_096);
    const large = new Map(texts(16_384));
    for (const [name, text] of small) {
      const few = await steps.of(() => parse(text, () => false));
      const many = await steps.of(() => parse(large.get(name) ?? "", () => false));
      expect.soft(few, name).toBeGreaterThan(0);
      expect.soft(many / few, `${name}: ${few}, ${many}`).toBeLessThan(5);
      expect.soft(many / 16_384, `${name}: ${many}`).toBeLessThan(60);
    }
  });
});
