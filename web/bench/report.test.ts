import { describe, expect, it } from "vitest";
import type { Figure } from "./figure";
import { median, Results, table } from "./report";

const figure: Figure = {
  name: "switch",
  scene: "team",
  lines: {
    time: { label: "switch", unit: "ms", atMost: 50 },
    rate: { label: "frames", unit: "", atLeast: 59 },
  },
  measure: async () => ({}),
};

const results = (name: string, time: readonly number[], rate: readonly number[]): Results => {
  const made = new Results(name, "");
  // In two rounds.
  made.add(figure, { time: time.slice(0, 1), rate });
  made.add(figure, { time: time.slice(1) });
  return made;
};

describe("the benchmark's report", () => {
  it("takes the middle of the samples", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 6])).toBe(5.5);
    expect(median([])).toBeNaN();
  });

  it("gathers the rounds of both binaries, marks what misses its goal, and compares", () => {
    const both = [results("baseline", [100, 120, 90], [40]), results("now", [30, 50, 40], [60])];
    expect(table([figure], both)).toBe(
      [
        "|  | goal | baseline | now | ratio |",
        "| --- | --: | --: | --: | --: |",
        "| switch | ≤ 50 ms | **100 ms** (90–120) | 40 ms (30–50) | 0.40 |",
        "| frames | ≥ 59 | **40** | 60 | 1.50 |",
      ].join("\n"),
    );
  });

  it("says what was not measured, and what failed", () => {
    const now = new Results("now", "");
    now.add(figure, { time: [55, 44] });
    now.failures.push("switch, round 1: no");
    expect(table([figure], [now])).toBe(
      [
        "|  | goal | now |",
        "| --- | --: | --: |",
        "| switch | ≤ 50 ms | 50 ms (44–55) |",
        "| frames | ≥ 59 | not measured |",
        "",
        "- now: switch, round 1: no",
      ].join("\n"),
    );
  });
});
