import { directionEnd } from "./bidi.ts";
import { parse } from "./blocks.ts";
import type { Block, Inline } from "./tree.ts";
import { visible } from "./visible.ts";

const MOST = 300;

/**
 * A text on one line and without markup, for previews, quotes and notifications. Spoilers are hidden. Quotes are left
 * out if there is anything else.
 */
export const plain = (text: string): string => {
  // The server ends a quote that it has shortened with `…`, maybe inside a spoiler.
  const shortened = text.endsWith("…") ? lineOf(parse(`${text}||`)) : "||";
  const line = shortened.endsWith("||") ? lineOf(parse(text)) : shortened;
  const short = line.length > MOST ? `${line.slice(0, MOST).replace(/[\u{D800}-\u{DBFF}]$/u, "")}…` : line;
  return short + directionEnd(short);
};

const lineOf = (blocks: readonly Block[]): string => {
  const others = blocks.filter(({ type }) => type !== "quote");
  return (others.length > 0 ? others : blocks).map(blockOf).join(" ").replace(/\s+/g, " ").trim();
};

const hidden = (parts: readonly Inline[]): string => visible(parts, true);

const blockOf = (block: Block): string => {
  switch (block.type) {
    case "paragraph":
    case "heading":
      return hidden(block.inside);
    case "code":
      return block.text;
    case "quote":
      return lineOf(block.blocks);
    case "list":
      return block.items
        .map(
          ({ marker, done, blocks }) =>
            `${done === undefined ? bullet(marker) : box(done)} ${lineOf(blocks)}`,
        )
        .join(" ");
    case "table":
      return [block.head, ...block.rows].map((row) => row.map(hidden).join(" | ")).join(" ");
    case "gap":
      return "";
  }
};

const bullet = (marker: string): string => (/\d/.test(marker) ? marker : "•");

const box = (done: boolean): string => (done ? "☑" : "☐");
