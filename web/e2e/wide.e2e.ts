import type { Locator } from "playwright-core";
import { expect, it } from "vitest";
import { picture } from "./support/picture";
import { silence } from "./support/sound";
import { world } from "./support/world";

const here = world("ana", "bo");
const WIDE = { viewport: { width: 1920, height: 1000 } };

const boxOf = async (what: Locator) => {
  const box = await what.boundingBox();
  if (!box) throw new Error("not on screen");
  return { ...box, right: box.x + box.width };
};

it("in a wide window, the head, the messages and the composer are one column", async () => {
  const script = await here.script("bo");
  await script.post("/rooms", { topic: "wide", title: "Wide" });
  await script.post("/members/wide", { name: "ana" });
  await script.say("wide", "Good morning");
  const ana = await here.person("ana", WIDE);
  await ana.enter("Wide");
  await ana.say("And to you");
  await ana.sent();
  const main = ana.page.getByRole("main");
  const head = await boxOf(main.getByRole("heading", { level: 1 }));
  const menu = await boxOf(main.getByRole("button", { name: "Room menu" }));
  const theirs = await boxOf(ana.message("Good morning").getByRole("button", { name: "bo" }).first());
  // The bubble reserves a place for the time in its last line.
  const mine = await boxOf(ana.message("And to you").locator("div[style]"));
  const composer = await boxOf(main.locator("footer > div"));
  for (const at of [theirs.x, composer.x]) expect(Math.abs(at - head.x)).toBeLessThanOrEqual(4);
  // The button's icon ends a little before the button does.
  expect(Math.abs(menu.right - mine.right)).toBeLessThanOrEqual(8);
  expect(Math.abs(composer.right - mine.right)).toBeLessThanOrEqual(4);
  // What I say is not far from what it answers.
  expect(mine.right - theirs.x).toBeLessThan(920);
});

it("an album has a limited height, and its place before its pictures come", async () => {
  const script = await here.script("bo");
  await script.post("/rooms", { topic: "album", title: "Album" });
  await script.post("/members/album", { name: "ana" });
  const sizes = [640, 400, 900, 500, 700, 300, 640, 400, 900, 500];
  const files = await Promise.all(sizes.map((width) => script.upload(picture(width, 480), "mill.png")));
  const sound = await script.upload(silence(3), "owl.wav");
  await script.post("/message", { topic: "album", text: "", attachments: [sound] });
  await script.post("/message", { topic: "album", text: "All of them", attachments: files });
  const ana = await here.person("ana", WIDE);
  let show = (): void => {};
  const shown = new Promise<void>((resolve) => {
    show = resolve;
  });
  await ana.page.route(/\/media\/.*size=/, async (route) => {
    await shown;
    await route.continue();
  });
  await ana.enter("Album");
  const message = ana.message("All of them");
  await message.waitFor();
  const before = await boxOf(message);
  expect(before.height).toBeLessThan(500);
  show();
  await message.getByRole("img").last().waitFor();
  for (const image of await message.getByRole("img").all())
    await image.evaluate((element) => (element as HTMLImageElement).decode());
  expect(await boxOf(message)).toEqual(before);
  expect(await message.getByRole("img").count()).toBe(10);

  // A recording begins where other files do.
  const player = ana.log.getByLabel("owl.wav");
  const bubble = await boxOf(ana.log.getByRole("article").first().locator("div[style]"));
  expect((await boxOf(player)).x - bubble.x).toBeLessThan(12);
});
