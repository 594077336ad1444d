import { describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { PASSWORD, world } from "./support/world";

describe("without a mouse", () => {
  const here = world("ana", "bo");

  /** Presses keys; afterwards something has the focus. */
  const press = async ({ page }: Person, ...keys: string[]): Promise<void> => {
    for (const key of keys) await page.keyboard.press(key);
    await page.waitForFunction(() => document.activeElement !== document.body);
  };
  /** Tabs on until this has the focus. */
  const tabTo = async (person: Person, name: RegExp, key = "Tab"): Promise<void> => {
    for (let at = 0; at < 60; at += 1) {
      await press(person, key);
      const found = await person.page.evaluate(() => {
        const { activeElement: element } = document;
        return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
      });
      if (name.test(found)) return;
    }
    throw new Error(`no tab stop ${name}`);
  };

  it("one signs in, talks, replies, makes a room, finds the keys, and signs out", async () => {
    const ana = await here.visitor();
    const { keyboard } = ana.page;
    await ana.page.getByLabel("Name").waitFor();
    await ana.page.waitForFunction(() => document.activeElement?.tagName === "INPUT");
    await keyboard.type("ana");
    await press(ana, "Tab");
    await keyboard.type(PASSWORD);
    await press(ana, "Enter");
    await ana.connected();
    await ana.composer.and(ana.page.locator(":focus")).waitFor();

    await keyboard.type("Is anybody here?");
    await press(ana, "Enter");
    // At once: it has the focus before and after it is stored.
    await press(ana, "ArrowUp");
    await ana.sent();
    await ana.message("Is anybody here?").and(ana.page.locator(":focus")).waitFor();
    await press(ana, "r");
    await ana.page.getByText("Replying to ana").waitFor();
    await keyboard.type("Only me?");
    await press(ana, "Enter");
    await ana.sees(/^(?!.*rOnly).*Only me\?/);
    await press(ana, "ArrowUp", "ArrowUp");
    await ana.message("Is anybody here?").first().and(ana.page.locator(":focus")).waitFor();

    await keyboard.type("?");
    await ana.page.getByRole("heading", { name: "Keyboard shortcuts" }).waitFor();
    await ana.shot("keys");
    await press(ana, "Escape");
    await ana.message("Is anybody here?").first().and(ana.page.locator(":focus")).waitFor();
    await press(ana, "Escape");
    await ana.composer.and(ana.page.locator(":focus")).waitFor();
    // In a text it is a character.
    await keyboard.type("?");
    expect(await ana.composer.inputValue()).toBe("?");

    await press(ana, "Control+k");
    await keyboard.type("make a");
    // What is typed while the dialog opens is meant for it, and not for the message.
    const field = ana.page.getByRole("combobox", { name: "Room, person or action" });
    await field.and(ana.page.locator(":focus")).waitFor();
    await keyboard.type(" room");
    expect(await field.inputValue()).toBe("make a room");
    await press(ana, "Enter");
    await ana.page.getByRole("dialog").getByLabel("Title").waitFor();
    await keyboard.type("Night owls");
    await press(ana, "Enter");
    await ana.page.getByRole("textbox", { name: "Message Night owls" }).waitFor();
    await press(ana, "Control+k");
    await keyboard.type("settings");
    await ana.page.getByRole("option", { name: "Settings" }).waitFor();
    await press(ana, "Enter");
    await ana.page.getByRole("tab", { name: "General" }).waitFor();
    await tabTo(ana, /^\s*Sign out$/);
    await press(ana, "Enter");
    await ana.page.getByRole("button", { name: "Sign in" }).waitFor();
  });

  it("one reads back message by message, each of them in view", async () => {
    const script = await here.script("bo");
    await script.post("/rooms", { topic: "long", title: "Long" });
    for (let at = 1; at <= 6; at += 1) await script.say("long", `${at}: ${"a long story ".repeat(20)}`);
    // As low as a window is at 200 %.
    const bo = await here.person("bo", { viewport: { width: 640, height: 400 } });
    await bo.page.goto(`${here.server.url}/#/long`);
    await bo.sees(/^6: /);
    await bo.composer.focus();
    for (let at = 6; at >= 1; at -= 1) {
      await press(bo, "ArrowUp");
      const focused = bo.page.locator("article:focus").filter({ hasText: `${at}: ` });
      await focused.waitFor();
      await expect.poll(() => focused.evaluate((row) => row.getBoundingClientRect().bottom > 60)).toBe(true);
    }
  });
});
