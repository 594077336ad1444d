import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { DrawnText } from "./drawn-text.tsx";

/** Renders to HTML without the attributes of every block. */
const html = (text: string): string =>
  renderToStaticMarkup(createElement(DrawnText, { text, names: "ana\nbo", me: "bo" })).replaceAll(
    / dir="auto"| class="[^"]*"/g,
    "",
  );

describe("what people type", () => {
  it.each([
    ["plain", "<p>plain</p>"],
    ["one\n  two", "<p>one\n  two</p>"],
    ["one\n\n\n\ntwo", '<p>one</p><p aria-hidden="true">\n\n</p><p>two</p>'],
    ["**bold** and *soft* ~~no~~", "<p><strong>bold</strong> and <em>soft</em> <del>no</del></p>"],
    ["`a < b`", "<p><code>a &lt; b</code></p>"],
    ["> said\n\nno", "<blockquote><p>said</p></blockquote><p>no</p>"],
    [
      "3. c\n4. d",
      "<ol><li><span>3.</span><div><p>c</p></div></li><li><span>4.</span><div><p>d</p></div></li></ol>",
    ],
    ["# big", "<p>big</p>"],
    ["hi @ana, @cy", "<p>hi <span>@ana</span>, @cy</p>"],
    ["AT&T & 1 < 2 & \"q\" 'r'", "<p>AT&amp;T &amp; 1 &lt; 2 &amp; &quot;q&quot; &#x27;r&#x27;</p>"],
    ["&lt;b&gt;", "<p>&amp;lt;b&amp;gt;</p>"],
    [
      "a|b\n-|-:\n1|2",
      '<div role="group" aria-label="Table" tabindex="0"><table><thead><tr><th scope="col">a</th>' +
        '<th scope="col" data-align="right">b</th></tr></thead><tbody><tr><td>1</td><td data-align="right">2</td>' +
        "</tr></tbody></table></div>",
    ],
  ])("%j is drawn", (text, drawn) => {
    expect(html(text)).toBe(drawn);
  });

  it("code has its language, and a button that copies it", () => {
    const drawn = html("```rust\n\tlet a = 1 < 2;\n```");
    expect(drawn).toContain("<span>rust</span>");
    expect(drawn).toContain('<pre tabindex="0"><code>\tlet a = 1 &lt; 2;</code></pre>');
    expect(drawn).toMatch(/<button type="button" aria-label="Copy code"/);
  });

  it("tasks are not only pictures", () => {
    const drawn = html("- [ ] milk\n- [x] tea");
    expect(drawn).toMatch(/aria-label="Not done".*milk.*aria-label="Done".*tea/s);
    expect(drawn).not.toContain("<input");
  });

  it("a spoiler is hidden from everybody until it is asked for", () => {
    expect(html("||x||")).toBe(
      '<p><span role="button" tabindex="0" aria-expanded="false" aria-label="Show spoiler">' +
        '<span inert="">x</span></span></p>',
    );
  });

  it("links go to the web and to mail, in a window of their own", () => {
    const attributes = 'target="_blank" rel="noopener noreferrer nofollow"';
    expect(html("see https://example.org/a?b=1&c=2")).toContain(
      `<a href="https://example.org/a?b=1&amp;c=2" ${attributes}>https://example.org/a?b=1&amp;c=2</a>`,
    );
    expect(html("[bank.example](https://example.org/)")).toContain(
      `<a href="https://example.org/" ${attributes}>bank.example</a><bdi> (example.org)</bdi>`,
    );
  });

  it("never becomes markup, nor a link that runs anything", () => {
    for (const evil of [
      "<script>alert(1)</script>",
      "<img src=x onerror=alert(1)>",
      "hello <b onclick=x>you</b>",
      "![x](https://tracker.example/p.png)",
      "<style>*{display:none}</style>",
      "a | b\n--|--\n<i>1</i> | 2",
      '[x](https://a.example "\\"><img src=x>")',
      "[x](javascript:alert(1))",
      "[x](data:text/html,<script>1</script>)",
      "<javascript:alert(1)>",
      "[x](vbscript:x)",
    ]) {
      expect(html(evil)).not.toMatch(/<(script|img|b|i|style|h[1-6])[\s>]|href="(?!https:)/);
    }
  });
});
