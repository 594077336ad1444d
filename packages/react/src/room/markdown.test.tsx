import { createElement, Fragment } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { isOnlyEmoji } from "./emoji.ts";
import { renderMarkdown } from "./markdown.tsx";

/** Renders to HTML without the `dir` attribute of every block. */
const html = (text: string): string =>
  renderToStaticMarkup(createElement(Fragment, null, renderMarkdown(text))).replaceAll(' dir="auto"', "");

describe("what people type", () => {
  it.each([
    ["plain", "<p>plain</p>"],
    ["one\ntwo", "<p>one<br/>two</p>"],
    ["**bold** and *soft*", "<p><strong>bold</strong> and <em>soft</em></p>"],
    ["`a < b`", "<p><code>a &lt; b</code></p>"],
    ["```rust\nlet a = 1 < 2;\n```", "<pre><code>let a = 1 &lt; 2;</code></pre>"],
    ["> said", "<blockquote><p>said</p></blockquote>"],
    ["- a\n- b", "<ul><li>a</li><li>b</li></ul>"],
    ["3. c\n4. d", '<ol start="3"><li>c</li><li>d</li></ol>'],
    ["AT&T & 1 < 2 & \"q\" 'r'", "<p>AT&amp;T &amp; 1 &lt; 2 &amp; &quot;q&quot; &#x27;r&#x27;</p>"],
    ["&lt;b&gt;", "<p>&amp;lt;b&amp;gt;</p>"],
    ["5 * 3 * 2", "<p>5 * 3 * 2</p>"],
    ["snake_case_name", "<p>snake_case_name</p>"],
  ])("%j is drawn", (text, drawn) => {
    expect(html(text)).toBe(drawn);
  });

  it("links go to the web and to mail, in a window of their own, and nowhere else", () => {
    const attributes = 'target="_blank" rel="noopener noreferrer"';
    expect(html("see https://example.org/a?b=1&c=2")).toContain(
      `<a href="https://example.org/a?b=1&amp;c=2" ${attributes}>https://example.org/a?b=1&amp;c=2</a>`,
    );
    for (const evil of [
      "[x](javascript:alert(1))",
      "[x](JaVaScRiPt:alert(1))",
      "[x](data:text/html,<script>1</script>)",
      "<javascript:alert(1)>",
      "[x](vbscript:x)",
    ]) {
      expect(html(evil)).not.toContain("href");
    }
  });

  it("never becomes markup", () => {
    for (const evil of [
      "<script>alert(1)</script>",
      "<img src=x onerror=alert(1)>",
      "hello <b onclick=x>you</b>",
      "![x](https://tracker.example/p.png)",
      "<style>*{display:none}</style>",
      "a | b\n--|--\n<i>1</i> | 2",
      '[x](https://a.example "\\"><img src=x>")',
    ]) {
      expect(html(evil)).not.toMatch(/<(script|img|b|i|style|table)[\s>]/);
    }
  });

  it("cannot take the page down, nor hold it up", () => {
    const started = performance.now();
    const pieces = [
      "*",
      "[",
      "`",
      "> ",
      "a_",
      "- ",
      "1. ",
      "  - x\n",
      "![",
      "<a ",
      "|",
      "\\",
      "](",
      "> a\n",
      "**a ",
      "http://",
    ];
    for (const piece of pieces) html(piece.repeat(16_000 / piece.length));
    html(Array.from({ length: 170 }, (_, depth) => `${" ".repeat(depth)}- x`).join("\n"));
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe("a few emoji", () => {
  it.each([
    ["🎉", true],
    ["👍🏽 👨‍👩‍👧", true],
    ["❤️", true],
    ["🎉🎉🎉🎉", false],
    ["ok 🎉", false],
    ["1", false],
    ["", false],
  ])("%j: %s", (text, large) => {
    expect(isOnlyEmoji(text)).toBe(large);
  });
});
