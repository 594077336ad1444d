import { expect, it } from "vitest";
import type { Person } from "./support/browser";
import { PHONE } from "./support/phone";
import { world } from "./support/world";

const here = world("ana", "bo", "carla");

const card = ({ page }: Person, name: string) => page.getByRole("dialog", { name });

it("a name, a face and a mention open the card of their person", async () => {
  const ana = await here.person("ana");
  const script = await here.script("bo");
  await ana.enter(/general/i);
  await script.say("general", "Does @carla know, @room?");
  await ana.sees("Does @carla know");
  const message = ana.message("Does @carla know");

  await message.getByRole("button", { name: "bo" }).click();
  await card(ana, "bo").getByText("Offline").waitFor();
  await ana.shot("person-card");
  await card(ana, "bo").getByRole("button", { name: "Mention bo" }).click();
  await card(ana, "bo").waitFor({ state: "detached" });
  await ana.composer.and(ana.page.locator(":focus")).waitFor();
  expect(await ana.composer.inputValue()).toBe("@bo ");

  // A mention of everybody is nobody's.
  expect(await message.getByRole("button", { name: "@room" }).count()).toBe(0);
  await message.getByRole("button", { name: "@carla" }).click();
  await card(ana, "carla").getByRole("button", { name: "Message carla" }).click();
  await ana.page.getByRole("textbox", { name: "Message carla" }).waitFor();
  await card(ana, "carla").waitFor({ state: "detached" });
});

it("the card opens and closes by keyboard, and the focus returns to the name", async () => {
  const ana = await here.person("ana");
  const script = await here.script("bo");
  await ana.enter(/general/i);
  await script.say("general", "Good morning");
  await ana.sees("Good morning");
  await ana.composer.focus();
  await ana.page.keyboard.press("ArrowUp");
  await ana.message("Good morning").and(ana.page.locator(":focus")).waitFor();
  // The face and the name stand above the first message of a row of them.
  const name = ana.message("Does @carla know").getByRole("button", { name: "bo" });
  await ana.page.keyboard.press("ArrowUp");
  await ana.page.keyboard.press("Tab");
  await name.and(ana.page.locator(":focus")).waitFor();
  await ana.page.keyboard.press("Enter");
  await card(ana, "bo").waitFor();
  await ana.page.keyboard.press("Escape");
  await card(ana, "bo").waitFor({ state: "detached" });
  await name.and(ana.page.locator(":focus")).waitFor();
});

it("members have cards; on a phone, Back closes one", async () => {
  const ana = await here.person("ana", PHONE);
  await ana.enter(/general/i);
  await ana.sees("Good morning");
  await ana.message("Does @carla know").getByRole("button", { name: "bo" }).tap();
  await card(ana, "bo").getByRole("button", { name: "Message bo" }).waitFor();
  await ana.shot("person-card-phone");
  await ana.page.goBack();
  await card(ana, "bo").waitFor({ state: "detached" });

  await ana.page.getByRole("button", { name: /^(Members|\d+ members)/ }).tap();
  await ana.page.getByRole("dialog").getByRole("button", { name: "carla", exact: true }).tap();
  await card(ana, "carla").getByRole("button", { name: "Message carla" }).tap();
  await ana.page.getByRole("textbox", { name: "Message carla" }).waitFor();
});
