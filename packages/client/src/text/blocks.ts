import { inline } from "./inline.ts";
import { fenceOf, indentOf, isBlank, isSibling, itemOf, quoted, untilFence, withoutIndent } from "./lines.ts";
import { Mentions } from "./mention.ts";
import { tableAt } from "./table.ts";
import type { Block, Item } from "./tree.ts";

/** Quotes and lists inside each other; what is nested deeper is text. */
const DEEPEST = 6;

/**
 * Parses the text of a message. `isName` tells whether somebody who can be mentioned has a name, given in lower case.
 *
 * Takes time proportional to the length of the text, whatever it contains. The rules are the table `cases.json`.
 */
export const parse = (text: string, isName: (name: string) => boolean = () => false): Block[] =>
  blocksOf(text.replace(/\r\n?/g, "\n").split("\n"), { depth: 0, mentions: new Mentions(isName) });

interface Scope {
  readonly depth: number;
  /** Absent in quotes, where nobody is mentioned. */
  readonly mentions: Mentions | undefined;
}

/** A block, and the first line after it. */
interface Found {
  readonly block: Block;
  readonly next: number;
}

type Lines = readonly string[];
type Finder = (lines: Lines, at: number, scope: Scope) => Found | undefined;

/** `begin` is the first line that can begin a block other than a paragraph. */
const blocksOf = (lines: Lines, scope: Scope, begin = 0): Block[] => {
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  let blanks = 0;
  const add = (block: Block) => {
    if (blanks > 1 && blocks.length > 0) blocks.push({ type: "gap", lines: blanks - 1 });
    blanks = 0;
    blocks.push(block);
  };
  const endParagraph = () => {
    if (paragraph.length === 0) return;
    add({ type: "paragraph", inside: inline(paragraph.join("\n"), scope.mentions) });
    paragraph = [];
  };
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? "";
    const found = at < begin || isBlank(line) ? undefined : find(lines, at, scope);
    if (found || isBlank(line)) endParagraph();
    if (found) add(found.block);
    else if (isBlank(line)) blanks += 1;
    else paragraph.push(line);
    at = found?.next ?? at + 1;
  }
  endParagraph();
  return blocks;
};

const find: Finder = (lines, at, scope) => {
  for (const finder of FINDERS) {
    const found = finder(lines, at, scope);
    if (found) return found;
  }
  return undefined;
};

const typed = (lines: Lines): Block => ({
  type: "paragraph",
  inside: [{ type: "text", text: lines.join("\n") }],
});

const code: Finder = (lines, at) => {
  const fence = fenceOf(lines[at] ?? "");
  if (!fence) return undefined;
  const language = /^\s*([\w+#.-]+)\s*$/.exec(fence.rest)?.[1];
  const text = language || isBlank(fence.rest) ? [] : [fence.rest];
  let next = at + 1;
  for (; next < lines.length; next += 1) {
    const line = withoutIndent(lines[next] ?? "", fence.indent);
    const last = untilFence(lines[next] ?? "", fence);
    if (last === undefined) text.push(line);
    else {
      if (!isBlank(last)) text.push(withoutIndent(last, fence.indent));
      next += 1;
      break;
    }
  }
  if (text.every(isBlank)) return { block: typed(lines.slice(at, next)), next };
  return { block: { type: "code", ...(language ? { language } : {}), text: text.join("\n") }, next };
};

const quote: Finder = (lines, at, scope) => {
  if (scope.depth >= DEEPEST) return undefined;
  const inside: string[] = [];
  for (
    let rest = quoted(lines[at] ?? "");
    rest !== undefined;
    rest = quoted(lines[at + inside.length] ?? "")
  ) {
    inside.push(rest);
  }
  if (inside.length === 0) return undefined;
  const next = at + inside.length;
  if (inside.every(isBlank)) return { block: typed(lines.slice(at, next)), next };
  const blocks = blocksOf(inside, { depth: scope.depth + 1, mentions: undefined });
  return { block: { type: "quote", blocks }, next };
};

const heading: Finder = (lines, at, { mentions }) => {
  const text = /^ {0,3}#{1,6}[ \t]+([^ \t].*)$/s.exec(lines[at] ?? "")?.[1];
  return text === undefined
    ? undefined
    : { block: { type: "heading", inside: inline(text, mentions) }, next: at + 1 };
};

const table: Finder = (lines, at, { mentions }) => {
  const found = tableAt(lines, at, (cell) => inline(cell, mentions));
  return found && { block: found.table, next: at + found.count };
};

/** At least two items, a task, or an item with others below it. A single item is text: `28. august`, `- 5 °C`. */
const list: Finder = (lines, at, scope) => {
  const first = itemOf(lines[at] ?? "");
  if (!first || scope.depth >= DEEPEST) return undefined;
  const bodies: { readonly marker: string; readonly done: boolean | undefined; readonly body: string[] }[] =
    [];
  let next = at;
  for (
    let item = itemOf(lines[next] ?? "");
    item && isSibling(first, item);
    item = itemOf(lines[next] ?? "")
  ) {
    const { marker, done, rest, indent, offset } = item;
    const body = [rest];
    next += 1;
    for (let line = lines[next]; line !== undefined && !isBlank(line); line = lines[next]) {
      if (indentOf(line) < indent + 2) break;
      body.push(withoutIndent(line, offset));
      next += 1;
    }
    bodies.push({ marker, done, body });
    next = afterBlanks(lines, next, (line) => {
      const after = itemOf(line);
      return after !== undefined && isSibling(first, after);
    });
  }
  const [only] = bodies;
  const isList =
    bodies.length > 1 || only?.done !== undefined || only?.body.slice(1).some((line) => itemOf(line));
  if (!isList) return undefined;
  const items = bodies.map(({ marker, done, body }): Item => {
    const blocks = blocksOf(body, { ...scope, depth: scope.depth + 1 }, 1);
    return { marker, ...(done === undefined ? {} : { done }), blocks };
  });
  return { block: { type: "list", items }, next };
};

/** The line after blank lines if it is wanted, otherwise the first blank line. */
const afterBlanks = (lines: Lines, from: number, isWanted: (line: string) => boolean): number => {
  let at = from;
  while (at < lines.length && isBlank(lines[at] ?? "")) at += 1;
  return isWanted(lines[at] ?? "") ? at : from;
};

const FINDERS: readonly Finder[] = [code, quote, heading, table, list];
