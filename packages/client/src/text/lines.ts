/** A list item's first line. */
export interface ItemLine {
  /** As typed: `-`, `*`, `28.`, `3)`. */
  readonly marker: string;
  /** Columns before the marker, and before what follows it. */
  readonly indent: number;
  readonly offset: number;
  /** What follows the marker and, of a task, its box. */
  readonly rest: string;
  /** Of a task: whether it is done. */
  readonly done: boolean | undefined;
}

export const isBlank = (line: string): boolean => line.trim() === "";

const TAB = 4;

/** Columns of whitespace at the start of a line. */
export const indentOf = (line: string): number => {
  let columns = 0;
  for (const char of line) {
    if (char === "\t") columns += TAB - (columns % TAB);
    else if (char === " ") columns += 1;
    else break;
  }
  return columns;
};

/** The line without at most so many columns of whitespace at its start. */
export const withoutIndent = (line: string, columns: number): string => {
  let at = 0;
  let done = 0;
  while (done < columns && (line[at] === " " || line[at] === "\t")) {
    done += line[at] === "\t" ? TAB - (done % TAB) : 1;
    at += 1;
  }
  return " ".repeat(Math.max(0, done - columns)) + line.slice(at);
};

const ITEM = /^[ \t]*([-*]|\d{1,9}[.)])[ \t]+(?=[^ \t])/;
const BOX = /^\[([ xX])\][ \t]+(?=[^ \t])/;
const RULE = /^[-* \t]+$/;

/** The first line of a list item, or `undefined` if the line is none. */
export const itemOf = (line: string): ItemLine | undefined => {
  const found = ITEM.exec(line);
  if (!found || RULE.test(line)) return undefined;
  const marker = found[1] ?? "";
  const rest = line.slice(found[0].length);
  const box = /^[-*]/.test(marker) ? BOX.exec(rest) : null;
  return {
    marker,
    indent: indentOf(line),
    offset: indentOf(line) + found[0].trimStart().length,
    rest: rest.slice(box?.[0].length ?? 0),
    done: box ? box[1] !== " " : undefined,
  };
};

/** Whether two items belong to the same list. */
export const isSibling = (one: ItemLine, other: ItemLine): boolean =>
  one.marker.at(-1) === other.marker.at(-1) && other.indent < one.indent + 2;

/** The line without the mark of a quote, or `undefined` if it is no quote. `>:(` and `>5` are none. */
export const quoted = (line: string): string | undefined => {
  const found = /^ {0,3}>(?![=:;._<~^\d]) ?/.exec(line);
  return found ? line.slice(found[0].length) : undefined;
};

/** A line that begins fenced code. */
export interface Fence {
  readonly indent: number;
  readonly sign: string;
  readonly length: number;
  readonly rest: string;
}

export const fenceOf = (line: string): Fence | undefined => {
  const found = /^( {0,3})(`{3,}|~{3,})(.*)$/s.exec(line);
  const [, indent = "", run = "", rest = ""] = found ?? [];
  const sign = run[0] ?? "";
  return found && !rest.includes(sign)
    ? { indent: indent.length, sign, length: run.length, rest }
    : undefined;
};

/**
 * The code on the line that ends a fence, which is often written on the last line of code; `undefined` if the line does
 * not end it.
 */
export const untilFence = (line: string, { sign, length }: Fence): string | undefined => {
  const trimmed = line.trimEnd();
  let at = trimmed.length;
  while (at > 0 && trimmed[at - 1] === sign) at -= 1;
  const before = trimmed.slice(0, at);
  const isAlone = isBlank(before) && indentOf(before) < 4;
  return trimmed.length - at >= length && (isAlone || sign === "`") ? before : undefined;
};
