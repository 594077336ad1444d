import type { Block, Inline } from "./tree.ts";

/**
 * The notation of the table `cases.json`: blocks are separated by ` ¶ `, and everything but plain text stands in `⟨⟩`
 * behind the word for what it is.
 */
export const written = (blocks: readonly Block[]): string => blocks.map(block).join(" ¶ ");

const STYLES = { bold: "b", italic: "i", struck: "s", spoiler: "hide" } as const;

const parts = (inside: readonly Inline[]): string => inside.map(part).join("");

const part = (inline: Inline): string => {
  switch (inline.type) {
    case "text":
      return inline.text;
    case "code":
      return `⟨code ${inline.text}⟩`;
    case "mention":
      return `⟨${inline.text}⟩`;
    case "link": {
      const { href, inside, leadsTo } = inline;
      const label = parts(inside);
      const elsewhere = leadsTo === undefined ? "" : ` → ${leadsTo}`;
      return label === href ? `⟨${href}⟩` : `⟨${href} ${label}${elsewhere}⟩`;
    }
    default:
      return `⟨${STYLES[inline.type]} ${parts(inline.inside)}⟩`;
  }
};

const block = (each: Block): string => {
  switch (each.type) {
    case "paragraph":
      return parts(each.inside);
    case "heading":
      return `⟨heading ${parts(each.inside)}⟩`;
    case "code":
      return `⟨block${each.language ? ` ${each.language}` : ""}|${each.text}⟩`;
    case "quote":
      return `⟨quote ${written(each.blocks)}⟩`;
    case "list":
      return `⟨list ${each.items.map(({ marker, done, blocks }) => `⟨${marker}${box(done)} ${written(blocks)}⟩`).join(" ")}⟩`;
    case "table":
      return `⟨table ${[each.align.map((side) => side ?? "-"), ...[each.head, ...each.rows].map((row) => row.map(parts))].map((row) => row.join("|")).join(" / ")}⟩`;
    case "gap":
      return `⟨gap ${each.lines}⟩`;
  }
};

const box = (done: boolean | undefined): string => (done === undefined ? "" : done ? " ☑" : " ☐");
