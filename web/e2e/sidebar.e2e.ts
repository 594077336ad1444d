import { describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { world } from "./support/world";

describe("the list of rooms", () => {
  const here = world("ana", "bo");

  const titles = ({ page }: Person) =>
    page
      .getByRole("region", { name: "Rooms" })
      .getByRole("link")
      .evaluateAll((links) => links.map((link) => link.getAttribute("href")));

  it("keeps its order under the pointer, and has what is new first once that is gone", async () => {
    const script = await here.script("bo");
    for (const topic of ["one", "two"]) {
      await script.post("/rooms", { topic, title: topic });
      await script.post(`/members/${topic}`, { name: "ana" });
      await script.say(topic, "hello");
    }
    const ana = await here.person("ana");
    await expect.poll(() => titles(ana)).toEqual(["#/two", "#/one", "#/general"]);
    await ana.page.getByRole("link", { name: /^two/ }).hover();
    await script.say("one", "news");
    await ana.page.getByRole("link", { name: /^one/ }).filter({ hasText: "news" }).waitFor();
    expect(await titles(ana)).toEqual(["#/two", "#/one", "#/general"]);
    await ana.composer.hover();
    await expect.poll(() => titles(ana)).toEqual(["#/one", "#/two", "#/general"]);
  });

  it("is whole after the switcher found something", async () => {
    const ana = await here.person("ana");
    await ana.page.keyboard.press("Control+k");
    await ana.page.getByRole("combobox", { name: "Room, person or action" }).fill("two");
    await ana.page.getByRole("option", { name: /^two/ }).waitFor();
    await ana.page.keyboard.press("Enter");
    await ana.page.getByRole("textbox", { name: "Message two" }).waitFor();
    expect((await titles(ana)).toSorted()).toEqual(["#/general", "#/one", "#/two"]);
  });

  it("opens its switcher on a keyboard of another script", async () => {
    const ana = await here.person("ana");
    const key = { key: "л", code: "KeyK", ctrlKey: true, bubbles: true };
    await ana.composer.dispatchEvent("keydown", key);
    await ana.page.getByRole("combobox", { name: "Room, person or action" }).waitFor();
  });
});
