import { describe, expect, it } from "vitest";
import table from "./cases.json";
import { parse } from "./index.ts";
import { written } from "./notation.ts";

const isName = (name: string): boolean => name === "ana" || name === "bo";

describe.each(table)("$rule", ({ cases }) => {
  it.each(Object.entries(cases))("%j", (typed, drawn) => {
    expect(written(parse(typed, isName))).toBe(drawn === "=" ? typed : drawn);
  });
});
