import { describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { PHONE, rest } from "./support/phone";
import { world } from "./support/world";

/** The height of the keyboard of a phone, in pixels. */
const KEYBOARD = 336;

const isShown = (person: Person, selector: string) =>
  person.page.locator(selector).evaluate((element, keyboard) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight - keyboard;
  }, KEYBOARD);

describe("on a phone", () => {
  const here = world("ana", "bo");

  it("a finger that rests on a message opens what can be done with it", async () => {
    const [script, own] = [await here.script("bo"), await here.script("ana")];
    await own.say("general", "I am on the phone");
    await script.say("general", "So am I");
    const ana = await here.person("ana", { ...PHONE, permissions: ["clipboard-read", "clipboard-write"] });
    await ana.enter(/General/);
    const menu = ana.page.getByRole("menu");
    await rest(ana.message("I am on the phone").last(), () => menu.waitFor());
    await menu.getByRole("menuitem", { name: "Delete" }).waitFor();
    await ana.shot("phone-message-menu");
    await ana.page.goBack();
    await menu.waitFor({ state: "detached" });

    await rest(ana.message("So am I").last(), () => menu.waitFor());
    await menu.getByRole("menuitem", { name: "Reply" }).waitFor();
    expect(await menu.getByRole("menuitem").allTextContents()).toEqual(["Reply", "Copy text"]);
    await menu.getByRole("menuitem", { name: "Copy text" }).tap();
    await ana.page.getByText("Copied.").waitFor();
    expect(await ana.page.evaluate(() => navigator.clipboard.readText())).toBe("So am I");
  });

  it("the menu stands beside its message if a keyboard opens it", async () => {
    const own = await here.script("ana");
    await own.say("general", "By keyboard");
    const ana = await here.person("ana", PHONE);
    await ana.enter(/General/);
    const message = ana.message("By keyboard").last();
    await message.focus();
    await message.getByRole("button", { name: "Message menu" }).focus();
    await ana.page.keyboard.press("Enter");
    await ana.page.getByRole("menuitem", { name: "Delete" }).waitFor();
    const { y = 0, height = 0 } = (await message.boundingBox()) ?? {};
    const menu = ana.page.getByRole("menu");
    await expect
      .poll(async () => {
        const box = await menu.boundingBox();
        return box && Math.max(box.y - (y + height), y - (box.y + box.height));
      })
      .toBeLessThan(20);
    expect((await menu.boundingBox())?.x).toBeGreaterThan(100);
  });

  it("one replies from that menu", async () => {
    const ana = await here.person("ana", PHONE);
    await ana.enter(/General/);
    await rest(ana.message("So am I").last(), () => ana.page.getByRole("menu").waitFor());
    await ana.page.getByRole("menuitem", { name: "Reply" }).tap();
    await ana.page.getByText("Replying to bo").waitFor();
  });

  it("one can zoom in", async () => {
    const ana = await here.visitor(here.server.url, PHONE);
    const content = await ana.page.locator("meta[name=viewport]").getAttribute("content");
    expect(content).not.toMatch(/user-scalable|maximum-scale/);
  });

  it.each([
    ["over the page, as on iOS", true],
    ["that makes the page lower, as on Android", false],
  ])("a keyboard %s leaves the newest message and the composer in view", async (_, over) => {
    const script = await here.script("bo");
    for (let i = 0; i < 20; i += 1) await script.say("general", `line ${i}`);
    await script.say("general", "the newest");
    const ana = await here.visitor("about:blank", PHONE);
    if (over) await ana.page.addInitScript(replaceViewport);
    await ana.page.goto(here.server.url);
    await ana.signIn("ana", "a good long sentence");
    await ana.enter(/General/);
    const toEnd = ana.page.getByRole("button", { name: "Go to the newest message" });
    if (await toEnd.isVisible()) await toEnd.tap();
    await ana.sees("the newest");
    await ana.composer.tap();
    if (over) await ana.page.evaluate(raiseKeyboard, KEYBOARD);
    else await ana.page.setViewportSize({ width: 390, height: 844 - KEYBOARD });
    const bottomOf = (selector: string) =>
      ana.page
        .locator(selector)
        .last()
        .evaluate((element) => Math.round(element.getBoundingClientRect().bottom));
    await expect.poll(() => bottomOf("footer")).toBeLessThanOrEqual(844 - KEYBOARD);
    await expect.poll(() => bottomOf("article")).toBeLessThanOrEqual(844 - KEYBOARD - 40);
    if (over) {
      expect(await isShown(ana, "main header")).toBe(true);
      await ana.shot("phone-keyboard");
      await ana.page.evaluate(raiseKeyboard, 0);
      await expect.poll(() => bottomOf("footer")).toBe(844);
    }
  });

  it("a keyboard over the page leaves dialogs in view", async () => {
    const ana = await here.visitor("about:blank", PHONE);
    await ana.page.addInitScript(replaceViewport);
    await ana.page.goto(here.server.url);
    await ana.signIn("ana", "a good long sentence");
    await ana.page.getByRole("button", { name: "New…" }).tap();
    await ana.page.getByRole("menuitem", { name: "Make a room" }).tap();
    await ana.page.getByLabel("Title").tap();
    await ana.page.evaluate(raiseKeyboard, KEYBOARD);
    await expect.poll(() => isShown(ana, "[role=dialog]")).toBe(true);
    await ana.page.getByRole("button", { name: "Make room" }).scrollIntoViewIfNeeded();
    await ana.shot("phone-keyboard-dialog");
  });
});

/** Runs in the page, before it: a visual viewport that tests can change, as there is no keyboard here. */
const replaceViewport = (): void => {
  const seen = Object.assign(new EventTarget(), { height: innerHeight, offsetTop: 0, scale: 1 });
  Object.defineProperty(window, "visualViewport", { value: seen });
};

/** Runs in the page. */
const raiseKeyboard = (keyboard: number): void => {
  if (!visualViewport) return;
  Object.assign(visualViewport, { height: innerHeight - keyboard });
  visualViewport.dispatchEvent(new Event("resize"));
};
