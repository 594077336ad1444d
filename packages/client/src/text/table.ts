import { runLength } from "./characters.ts";
import type { Cell, Table } from "./tree.ts";

/** A table and the number of its lines. */
export interface TableLines {
  readonly table: Table;
  readonly count: number;
}

const RULER = /^[\s|:-]+$/;

/** The table that begins at a line: a head, a ruler with as many cells, and every line after it that has a `|`. */
export const tableAt = (
  lines: readonly string[],
  at: number,
  parse: (cell: string) => Cell,
): TableLines | undefined => {
  const [head = "", ruler = ""] = [lines[at], lines[at + 1]];
  if (!head.includes("|") || !ruler.includes("-") || !RULER.test(ruler)) return undefined;
  const [names, rules] = [cellsOf(head), cellsOf(ruler)];
  if (names.length !== rules.length || !rules.every((rule) => /^:?-+:?$/.test(rule))) return undefined;
  const rows: string[][] = [];
  for (let row = lines[at + 2]; row?.includes("|"); row = lines[at + 2 + rows.length]) {
    rows.push(fitting(cellsOf(row), names.length));
  }
  const table: Table = {
    type: "table",
    align: rules.map(alignOf),
    head: names.map(parse),
    rows: rows.map((row) => row.map(parse)),
  };
  return { table, count: rows.length + 2 };
};

const alignOf = (rule: string): Table["align"][number] => {
  if (rule.endsWith(":")) return rule.startsWith(":") ? "center" : "right";
  return rule.startsWith(":") ? "left" : undefined;
};

/** What a row has beyond the head's cells stays in its last cell, so that nothing is lost. */
const fitting = (cells: readonly string[], most: number): string[] =>
  cells.length > most ? [...cells.slice(0, most - 1), cells.slice(most - 1).join(" | ")] : [...cells];

/** Splits a row at each `|` that is neither escaped nor in code. */
const cellsOf = (line: string): string[] => {
  const row = line.trim();
  const cells: string[] = [];
  let cell = "";
  for (let at = row.startsWith("|") ? 1 : 0; at < row.length; at += 1) {
    const char = row[at] ?? "";
    if (char === "|") {
      cells.push(cell.trim());
      cell = "";
    } else if (char === "\\" && row[at + 1] === "|") {
      cell += "|";
      at += 1;
    } else if (char === "`") {
      const code = codeAt(row, at);
      cell += code;
      at += code.length - 1;
    } else cell += char;
  }
  return row.endsWith("|") && cell === "" ? cells : [...cells, cell.trim()];
};

/** Code between two single backticks, or the backticks alone. Bounded, so that a row is read once. */
const codeAt = (row: string, at: number): string => {
  const length = runLength(row, at);
  const end = length === 1 ? row.slice(at + 1, at + 1 + LONGEST_CODE).indexOf("`") : -1;
  return end === -1 ? row.slice(at, at + length) : row.slice(at, at + end + 2);
};

const LONGEST_CODE = 200;
