import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLong, parse, plain } from "./index.ts";
import type { Block } from "./tree.ts";
import { visible } from "./visible.ts";

const read = (block: Block): string => {
  switch (block.type) {
    case "paragraph":
    case "heading":
      return visible(block.inside);
    case "code":
      return `${block.language ?? ""}\n${block.text}`;
    case "quote":
      return block.blocks.map(read).join("\n");
    case "list":
      return block.items.map(({ marker, blocks }) => marker + blocks.map(read).join("\n")).join("\n");
    case "table":
      return [block.head, ...block.rows].map((row) => row.map((cell) => visible(cell)).join(" ")).join("\n");
    case "gap":
      return "";
  }
};

const letters = (text: string): string => text.replace(/[^\p{L}\p{N}]/gu, "");

/** Pieces of which markup is made. */
const pieces = fc.constantFrom(
  ..."*_~|`<>#-.,:;!?()@\\/ \n\t",
  ..."ab12é你ก🎉“”「」！…",
  "**",
  "||",
  "~~",
  "***",
  "```",
  "\n```\n",
  "\n> ",
  "\n- ",
  "\n  - ",
  "\n1. ",
  "\n28. ",
  "\n- [ ] ",
  "\n|-|-|\n",
  "\n\n\n",
  "|",
  "https://a.bc/",
  "www.a.bc",
  "a@b.cc",
  "@ana",
  "@",
  "[",
  "]",
);
const texts = fc.array(pieces, { maxLength: 60 }).map((each) => each.join("").replaceAll("](", "] ("));

/** For a busy machine. */
const PATIENCE = 300_000;

describe("any text", () => {
  it("keeps every letter and digit, in order", { timeout: PATIENCE }, () => {
    const keeps = (text: string) => {
      const shown = parse(text, (name) => name === "ana").map(read);
      expect(letters(shown.join("\n"))).toBe(letters(text));
    };
    fc.assert(fc.property(texts, keeps), { numRuns: 2_000 });
  });

  it("is parsed without an error, whatever it is", { timeout: PATIENCE }, () => {
    const whatever = (text: string) => {
      parse(text, () => true);
      expect(plain(text)).not.toMatch(/[\r\n]/);
      isLong(text);
    };
    const units = fc.oneof(texts, fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));
    fc.assert(fc.property(units, whatever), { numRuns: 1_000 });
  });
});
