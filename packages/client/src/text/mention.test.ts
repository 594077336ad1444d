import { describe, expect, it } from "vitest";
import table from "../../../../crates/chinwag-protocol/cases/mentions.json";
import { namesIn, parse } from "./index.ts";
import type { Block, Inline } from "./tree.ts";

const ofParts = (parts: readonly Inline[]): string[] =>
  parts.flatMap((part) => {
    if (part.type === "mention") return [part.name];
    return "inside" in part ? ofParts(part.inside) : [];
  });

const mentioned = (blocks: readonly Block[]): string[] =>
  blocks.flatMap((block) => {
    switch (block.type) {
      case "paragraph":
      case "heading":
        return ofParts(block.inside);
      case "quote":
        return mentioned(block.blocks);
      case "list":
        return block.items.flatMap(({ blocks }) => mentioned(blocks));
      case "table":
        return [block.head, ...block.rows].flat().flatMap(ofParts);
      default:
        return [];
    }
  });

interface Case {
  readonly text: string;
  readonly people: readonly string[];
  readonly room?: boolean;
  readonly here?: boolean;
}

describe("the server's table of mentions", () => {
  const people = new Set(table.people);

  it.each<Case>(table.cases)("$text", ({ text, people: expected, room = false, here = false }) => {
    const found = new Set(mentioned(parse(text, (name) => people.has(name))));
    const all = [...expected, ...(room ? ["room"] : []), ...(here ? ["here"] : [])];
    expect([...found].sort()).toEqual(all.sort());
  });
});

describe("names to look up", () => {
  it.each([
    ["no name", []],
    ["@Bo's", ["bo"]],
    ["@bo你好", ["bo你好", "bo你", "bo"]],
    ["@bo_ `@ana`", ["bo_", "bo"]],
    ["@room", []],
  ])("%j", (text, names) => {
    expect(namesIn(text)).toEqual(names);
  });

  it("are bounded, and so are the people one message mentions", () => {
    const many = Array.from({ length: 2_000 }, (_, n) => `@p${n}`).join(" ");
    expect(namesIn(many)).toHaveLength(500);
    expect(mentioned(parse(many, () => true))).toHaveLength(50);
  });
});
