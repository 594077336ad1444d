import { describe, expect, it } from "vitest";
import { LOOKS, problems } from "./support/looks";
import { world } from "./support/world";

const CODE =
  'if x:\n\tprint("a very long line of code that does not fit into the bubble of a message at all")';
const MESSAGES = [
  "**Bold**, *soft*, ~~gone~~, `code` and [bank.example](https://example.org/) for @ana, @bo and @nobody",
  "The cake is in the ||cupboard, behind the **flour** and [the tea](https://example.org/tea)||",
  `\`\`\`python\n${CODE}\n\`\`\``,
  "| Room | Temperature | Humidity | Light | Window | Since when |\n|:--|--:|:-:|--|--|--|\n| Kitchen | 21.5 | 40 % | on | open | 12:30 |",
  "Buy:\n- [ ] milk\n- [x] tea\n\n28. a\n30. b\n\n- one\n- two\n  - three\n  - four",
  "> What time?\nAt nine\n\n# A heading\n2026. was a year\n    indented\n- 5 °C",
  "שלום https://example.org/ עולם\n\nabc \u202eright to left\n\n- אחת\n- שתיים",
  "C:\\new\\*.* 2*3*4 __init__.py ¯\\_(ツ)_/¯ ~3~5 https://例え.jp/パス！（https://example.org/a）",
  "🇩🇪1️⃣🏴󠁧󠁢󠁥󠁮󠁧󠁿",
  "e\u0301\u0302\u0303\u0304".repeat(3) + "\u0301".repeat(60),
  Array.from({ length: 40 }, (_, n) => `line ${n} of many`).join("\n"),
];

describe("a text", () => {
  const here = world("ana", "bo");

  it("shows a spoiler when asked, copies code, and unfolds", async () => {
    const script = await here.script("bo");
    await script.post("/rooms", { topic: "text", title: "Text" });
    await script.post("/members/text", { name: "ana" });
    for (const text of MESSAGES.slice(0, 4)) await script.say("text", text);
    const ana = await here.person("ana");
    await ana.enter(/Text/);

    const cake = ana.message("The cake");
    const spoiler = cake.getByRole("button", { name: "Show spoiler" });
    expect(await spoiler.getAttribute("aria-expanded")).toBe("false");
    expect(await cake.getByText("cupboard").isVisible()).toBe(false);
    await spoiler.focus();
    await spoiler.press("Enter");
    await cake.getByRole("link", { name: "the tea" }).waitFor();
    expect(await cake.getByText("cupboard").isVisible()).toBe(true);
    // The focus has not fallen to the page.
    await ana.page.keyboard.press("Tab");
    expect(await cake.getByRole("link").evaluate((link) => link === document.activeElement)).toBe(true);

    await ana.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await ana.message("print").getByRole("button", { name: "Copy code" }).click();
    await ana.message("print").getByText("Copied").waitFor();
    expect(await ana.page.evaluate(() => navigator.clipboard.readText())).toBe(CODE);

    await script.say("text", MESSAGES.at(-1) ?? "");
    const long = ana.message("line 0 of many");
    await long.waitFor();
    const height = () => long.evaluate((article) => article.getBoundingClientRect().height);
    const folded = await height();
    await long.getByRole("button", { name: "Show more" }).click();
    await long.getByRole("button", { name: "Show less", expanded: true }).waitFor();
    expect(await height()).toBeGreaterThan(folded + 200);
    await long.getByRole("button", { name: "Show less" }).click();
    await long.getByRole("button", { name: "Show more", expanded: false }).waitFor();
    expect(await height()).toBe(folded);
  });

  it("is sent with the indentation of its first line", async () => {
    const ana = await here.person("ana");
    await ana.enter(/general/i);
    await ana.composer.fill("\n\n    if x:\n        return\n\n");
    await ana.composer.press("Enter");
    const drawn = ana.message("if x:").getByRole("paragraph").first();
    await drawn.waitFor();
    expect(await drawn.textContent()).toBe("    if x:\n        return");
  });

  it("has the direction of its first letter, block by block", async () => {
    const script = await here.script("bo");
    await script.post("/rooms", { topic: "directions", title: "Directions" });
    await script.post("/members/directions", { name: "ana" });
    await script.say("directions", "latin\n\n- אחת\n- two\n\n> שלום\n\nא | b\n-|-\n1 | 2\n\nlatin");
    const ana = await here.person("ana");
    await ana.enter(/Directions/);
    const drawn = ana.message("latin").locator(":is(p, ul, blockquote, [role=group])[dir]");
    await drawn.first().waitFor();
    expect(await drawn.evaluateAll((all) => all.map((each) => getComputedStyle(each).direction))).toEqual([
      "ltr",
      "rtl",
      "rtl",
      "rtl",
      "ltr",
    ]);
  });

  it.each(LOOKS)("can be read by everybody, %s", async (name, look) => {
    const script = await here.script("bo");
    const topic = `texts/${name.replaceAll(" ", "-")}`;
    await script.post("/rooms", { topic, title: "Texts" });
    await script.post(`/members/${topic}`, { name: "ana" });
    const own = await here.script("ana");
    for (const [n, text] of MESSAGES.entries()) await (n % 3 === 2 ? own : script).say(topic, text);
    const ana = await here.person("ana", look);
    await ana.page.goto(`${here.server.url}/#/${topic}`);
    await ana.sees("line 0 of many");
    expect(await problems(ana)).toEqual([]);
    // Wide tables and code scroll by themselves.
    expect(await ana.log.evaluate((log) => log.scrollWidth - log.clientWidth)).toBe(0);
    await ana.shot(`text-${name.replaceAll(" ", "-")}-3`);
    for (const [shot, text] of [
      [2, "indented"],
      [1, "Bold"],
    ] as const) {
      await ana.scrollUpTo(ana.message(text));
      await ana.message(text).scrollIntoViewIfNeeded();
      expect(await problems(ana)).toEqual([]);
      await ana.shot(`text-${name.replaceAll(" ", "-")}-${shot}`);
    }
  });
});
