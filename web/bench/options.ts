import { parseArgs } from "node:util";

export const USAGE = `npm run bench -- [--baseline BIN] [--rounds N] [--out FILE] [--list] [NAME…]

Measures the web client inside the binary CHINWAG_BIN in Chromium. NAME: only the figures whose names contain it.

  --baseline BIN   measure this binary too, in alternation, and print ratios
  --rounds N       how often each figure is measured (BENCH_ROUNDS, by default 3)
  --out FILE       also write the table to this file
  --list           list the figures

BENCH_SCROLL_SECONDS (240) limits the scrolling through the long room.`;

export interface Options {
  readonly binary: string;
  readonly baseline: string | undefined;
  readonly rounds: number;
  readonly out: string | undefined;
  readonly list: boolean;
  readonly help: boolean;
  readonly names: readonly string[];
}

export const optionsOf = (args: readonly string[], environment = process.env): Options => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      baseline: { type: "string" },
      rounds: { type: "string" },
      out: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const rounds = Number(values.rounds ?? environment.BENCH_ROUNDS ?? 3);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds must be a whole number from 1 on");
  const binary = environment.CHINWAG_BIN;
  if (!binary && !values.list && !values.help) throw new Error("name the binary to measure in CHINWAG_BIN");
  return {
    binary: binary ?? "",
    baseline: values.baseline,
    rounds,
    out: values.out,
    list: values.list,
    help: values.help,
    names: positionals,
  };
};
