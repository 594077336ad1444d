import { describe, expect, it } from "vitest";
import { isLong, isOnlyEmoji, plain } from "./index.ts";

describe("a text on one line", () => {
  it.each([
    ["**bold** and `code`", "bold and code"],
    ["one\n\n  two\tthree", "one two three"],
    ["> q\na", "a"],
    ["> q", "q"],
    ["- a\n- b", "• a • b"],
    ["28. a\n30. b", "28. a 30. b"],
    ["- [ ] milk\n- [x] tea", "☐ milk ☑ tea"],
    ["a | b\n-|-\n1 | 2", "a | b 1 | 2"],
    ["# a\n\n\n\nb", "a b"],
    ["```js\nlet a;\nlet b;\n```", "let a; let b;"],
    ["[bank.example](https://example.org/)", "bank.example (example.org)"],
    ["see ||the **end**|| now", "see ▇▇▇ now"],
    ["see ||the [end](https://example.org/)||", "see ▇▇▇"],
    // Shortened by the server.
    ["see ||the e…", "see ▇▇▇"],
    ["see || the…", "see || the…"],
    ["||a|| b…", "▇▇▇ b…"],
    ["```\na ||b…", "a ||b…"],
    ["", ""],
    ["___", "___"],
  ])("%j is %j", (text, line) => {
    expect(plain(text)).toBe(line);
  });

  it("is bounded, and does not end inside of a character", () => {
    expect(plain("a".repeat(400))).toBe(`${"a".repeat(300)}…`);
    expect(plain(`${"a".repeat(299)}🎉🎉`)).toBe(`${"a".repeat(299)}…`);
  });
});

describe("a few emoji", () => {
  it.each([
    ["🎉", true],
    ["👍🏽 👨‍👩‍👧", true],
    ["❤️", true],
    ["☝🏽", true],
    ["🇩🇪", true],
    ["🇩🇪🇫🇷", true],
    ["1️⃣", true],
    ["#️⃣*️⃣", true],
    ["🏴󠁧󠁢󠁥󠁮󠁧󠁿", true],
    ["🏳️‍🌈🏴‍☠️", true],
    ["🧑🏽‍❤️‍💋‍🧑🏿", true],
    ["👨‍👩‍👧‍👦🇩🇪👍🏽", true],
    [" 🎉\n", true],
    ["🎉🎉🎉🎉", false],
    ["ok 🎉", false],
    ["🇩", false],
    ["©", false],
    ["™", false],
    ["1", false],
    ["12", false],
    ["#", false],
    ["", false],
    [" ", false],
  ])("%j: %s", (text, large) => {
    expect(isOnlyEmoji(text)).toBe(large);
  });
});

describe("a long text", () => {
  it.each([
    ["a".repeat(2_000), false],
    ["a".repeat(2_001), true],
    [Array.from({ length: 15 }, () => "a").join("\n"), false],
    [Array.from({ length: 16 }, () => "a").join("\n"), true],
  ])("%#", (text, long) => {
    expect(isLong(text)).toBe(long);
  });
});
