import type { Locator } from "playwright-core";
import { describe, expect, it } from "vitest";
import { world } from "./support/world";

/** Presses a key that ends a composed word as Safari tells it: when composing has ended already. */
const lastKey = (field: Locator, key: string) =>
  field.dispatchEvent("keydown", { key, keyCode: 229, isComposing: false });

describe("an input method", () => {
  const here = world("ana", "bo");

  it("ends a word by Enter, which does not send the message", async () => {
    const ana = await here.person("ana");
    await ana.enter(/General/);
    await ana.composer.fill("にほん");
    await lastKey(ana.composer, "Enter");
    expect(await ana.composer.inputValue()).toBe("にほん");
    await ana.composer.press("Enter");
    await ana.sees("にほん");
    expect(await ana.composer.inputValue()).toBe("");
  });

  it("ends a word by Enter, which does not go to the first room found", async () => {
    const script = await here.script("ana");
    await script.post("/rooms", { topic: "plans", title: "計画" });
    const ana = await here.person("ana");
    await ana.enter(/General/);
    await ana.page.keyboard.press("Control+k");
    const field = ana.page.getByRole("combobox", { name: "Room, person or action" });
    await field.fill("計画");
    await ana.page.getByRole("option", { name: "計画" }).waitFor();
    await lastKey(field, "Enter");
    await field.and(ana.page.locator(":focus")).waitFor();
    expect(new URL(ana.page.url()).hash).toBe("#/general");
    await field.press("Enter");
    await ana.page.getByRole("textbox", { name: "Message 計画" }).waitFor();
  });

  it("gives up a word by Escape, which does not close the list of members", async () => {
    const ana = await here.person("ana");
    await ana.enter(/General/);
    await ana.page.getByRole("button", { name: /^Members/ }).click();
    const panel = ana.page.getByRole("complementary", { name: "Members" });
    const field = panel.getByLabel("Add somebody");
    await field.fill("に");
    await lastKey(field, "Escape");
    expect(await panel.isVisible()).toBe(true);
    expect(await field.inputValue()).toBe("に");
    await field.press("Escape");
    await panel.waitFor({ state: "detached" });
  });
});
