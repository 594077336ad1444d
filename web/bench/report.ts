import type { Figure, Line, Samples } from "./figure";

/** What was measured of one binary: the samples of a figure's line, by `figure.line`. */
export class Results {
  readonly binary: string;
  /** What the report calls it. */
  readonly name: string;
  readonly #samples = new Map<string, number[]>();
  readonly failures: string[] = [];

  constructor(name: string, binary: string) {
    this.name = name;
    this.binary = binary;
  }

  add(figure: Figure, samples: Samples): void {
    for (const [key, values] of Object.entries(samples)) {
      const name = `${figure.name}.${key}`;
      this.#samples.set(name, [...(this.#samples.get(name) ?? []), ...(values ?? [])]);
    }
  }

  of(figure: Figure, key: string): readonly number[] {
    return this.#samples.get(`${figure.name}.${key}`) ?? [];
  }
}

/** The results as a table in Markdown. If there are two, the last column is the ratio of the second to the first. */
export const table = (figures: readonly Figure[], results: readonly Results[]): string => {
  const heads = ["", "goal", ...results.map(({ name }) => name), ...(results.length === 2 ? ["ratio"] : [])];
  const rows = figures.flatMap((figure) =>
    Object.entries(figure.lines).map(([key, line]) => {
      const samples = results.map((result) => result.of(figure, key));
      return [line.label, goalOf(line), ...samples.map((values) => cell(line, values)), ...ratio(samples)];
    }),
  );
  const failures = results.flatMap(({ name, failures }) => failures.map((text) => `- ${name}: ${text}`));
  const lines = [heads, heads.map((_, column) => (column === 0 ? "---" : "--:")), ...rows];
  return [
    ...lines.map((cells) => `| ${cells.join(" | ")} |`),
    ...(failures.length ? ["", ...failures] : []),
  ].join("\n");
};

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = low] = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  return low === high ? low : (low + high) / 2;
};

const goalOf = ({ atMost, atLeast, unit }: Line): string => {
  if (atMost !== undefined) return `≤ ${withUnit(atMost, unit)}`;
  return atLeast === undefined ? "" : `≥ ${withUnit(atLeast, unit)}`;
};

/** The median, the range, and a mark if the median misses the goal. */
const cell = (line: Line, values: readonly number[]): string => {
  if (values.length === 0) return "not measured";
  const middle = median(values);
  const range = values.length > 1 ? ` (${short(Math.min(...values))}–${short(Math.max(...values))})` : "";
  const missed = middle > (line.atMost ?? middle) || middle < (line.atLeast ?? middle);
  return `${missed ? `**${withUnit(middle, line.unit)}**` : withUnit(middle, line.unit)}${range}`;
};

const ratio = (samples: readonly (readonly number[])[]): string[] => {
  if (samples.length !== 2) return [];
  const [before = Number.NaN, after = Number.NaN] = samples.map(median);
  const quotient = after / before;
  return [Number.isFinite(quotient) ? quotient.toFixed(2) : "–"];
};

const withUnit = (value: number, unit: string): string => `${short(value)}${unit && ` ${unit}`}`;

const short = (value: number): string => {
  if (value === 0) return "0";
  const digits = value < 0.1 ? 4 : value < 10 ? 1 : 0;
  return value.toLocaleString("en-GB", { maximumFractionDigits: digits });
};
