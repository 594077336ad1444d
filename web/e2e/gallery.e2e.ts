import type { BrowserContextOptions } from "playwright-core";
import { describe, it } from "vitest";
import type { Person } from "./support/browser";
import { LOOKS, shoot, textsFor } from "./support/gallery";
import { picture } from "./support/picture";
import type { Script } from "./support/script";
import { PASSWORD, world } from "./support/world";

const ROOMS = 60;
const PEOPLE = 40;

/**
 * Takes a picture of every screen, to be looked at: `CHINWAG_GALLERY=all npm --workspace web run e2e -- gallery`. It checks
 * nothing but that each screen can be reached, so the other runs leave it out.
 */
describe.runIf(LOOKS.length > 0)("the gallery", () => {
  const here = world("ana", "bo", "cyd", "new");

  const fill = async (): Promise<void> => {
    const [bo, ana] = [await here.script("bo"), await here.script("ana")];
    await here.server.command(["user", "add", "boss", "--admin", "--password-stdin"], `${PASSWORD}\n`);
    for (let at = 0; at < PEOPLE; at += 1) await here.server.addUser(`person-${at}`, PASSWORD);
    let maker = bo;
    for (let at = 0; at < ROOMS; at += 1) {
      const topic = `work/room-${at}`;
      // One account may make only so many rooms in a minute.
      if (at % 6 === 0) maker = await here.script(`person-${at / 6}`);
      await maker.post("/rooms", {
        topic,
        title: `Room ${at}: ${["Plans", "Kitchen", "Deliveries"][at % 3]}`,
      });
      await maker.post(`/members/${topic}`, { name: "ana" });
      if (at % 4 === 0) await maker.say(topic, at % 8 === 0 ? `@ana look at ${at}` : `News of ${at}`);
    }
    await ana.post("/rooms", {
      topic: "walks",
      title: "Sunday walks",
      purpose: "Where to, and who brings tea",
    });
    for (const name of ["bo", "cyd", "person-1", "person-2"]) await ana.post("/members/walks", { name });
    await talk(bo, ana);
  };

  it("shows every screen", async () => {
    await fill();
    for (const [look, options] of LOOKS) await screens(look, options);
  });

  const screens = async (look: string, options: BrowserContextOptions): Promise<void> => {
    const shot = (person: Person, name: string) => shoot(person, `${name}-${look}`);
    const stranger = await here.visitor(here.server.url, options);
    await stranger.page.locator("[name=username]").waitFor();
    await shot(stranger, "sign-in");
    await stranger.trySignIn("ana", "not the password");
    await stranger.page.getByRole("alert").waitFor();
    await shot(stranger, "sign-in-refused");
    await stranger.page.context().close();

    const fresh = await here.visitor(here.server.url, options);
    await fresh.trySignIn("new", PASSWORD);
    await fresh.connected();
    await shot(fresh, "first-visit");
    await fresh.page.context().close();

    const ana = await here.visitor(here.server.url, options);
    ana.page.context().setDefaultTimeout(15_000);
    ana.expectNoNetwork();
    ana.expected.push(/status of 40/);
    await ana.trySignIn("ana", PASSWORD);
    await ana.connected();
    await shot(ana, "list");
    const { page } = ana;
    const t = textsFor(options.locale);
    const go = async (topic: string): Promise<void> => {
      await page.goto(`${here.server.url}/#/${topic}`);
      await page
        .locator("main footer textarea")
        .or(page.getByText(t("room.notInAbout")))
        .first()
        .waitFor();
    };
    await go("walks");
    await page.locator("article").last().waitFor();
    await shot(ana, "room");
    await go("work/room-1");
    await shot(ana, "room-empty");
    await go("nowhere");
    await shot(ana, "room-unknown");

    await go("walks");
    await page.locator("article").last().waitFor();
    const button = (key: string) => page.getByRole("button", { name: t(key), exact: true });
    const dialog = page.getByRole("dialog").or(page.getByRole("alertdialog")).last();
    const closed = async (): Promise<void> => {
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    };
    await button("room.members").click();
    await page.getByLabel(t("members.list")).first().waitFor();
    await shot(ana, "members");
    await button("members.close").or(button("close")).last().click();
    await button("room.menu").click();
    await page.getByRole("menuitem").first().waitFor();
    await shot(ana, "room-menu");
    await page.getByRole("menuitem").first().click();
    await dialog.waitFor();
    await shot(ana, "room-edit");
    await closed();
    await page.locator("article").last().focus();
    await button("message.menu").last().focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem").first().waitFor();
    await shot(ana, "message-menu");
    await page.keyboard.press("Escape");
    await page.getByRole("menuitem").first().waitFor({ state: "detached" });
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").waitFor();
    await shot(ana, "switcher");
    await page.keyboard.type("room pl");
    await shot(ana, "switcher-found");
    await page.keyboard.press("Escape");
    await page.getByRole("combobox").waitFor({ state: "detached" });

    await page.locator("article button:has(img)").first().click();
    await dialog.waitFor();
    await shot(ana, "viewer");
    await closed();

    const toList = async (): Promise<void> => {
      if (await button("room.back").isVisible()) await button("room.back").click();
    };
    await toList();
    await button("action.settings").click();
    for (const tab of ["general", "password", "signIns", "devices"]) {
      await page.getByRole("tab", { name: t(`settings.${tab}`) }).click();
      await page.getByRole("tabpanel").waitFor();
      await shot(ana, `settings-${tab.toLowerCase()}`);
    }
    await closed();
    for (const [name, opener] of [
      ["browse", "action.browse"],
      ["all-people", "sidebar.allPeople"],
    ] as const) {
      await button(opener).click();
      await dialog.waitFor();
      await shot(ana, name);
      await closed();
    }
    await button("sidebar.new").click();
    await page.getByRole("menuitem").first().waitFor();
    await shot(ana, "new-menu");
    await page.getByRole("menuitem").nth(1).click();
    await dialog.waitFor();
    await shot(ana, "new-room");
    await closed();
    if (!options.isMobile) {
      await page.keyboard.press("?");
      await dialog.waitFor();
      await shot(ana, "keys");
      await closed();
    }
    // What is written here would push the pictures out of sight in the other room.
    await go("work/room-4");
    await page.context().setOffline(true);
    await page.locator("main footer textarea").fill("Written without a network");
    await button("composer.send").click();
    await shot(ana, "offline");
    await page.context().setOffline(false);
    await ana.connected();
    await ana.sent();
  };
});

/** A talk with everything that can be in one. */
const talk = async (bo: Script, ana: Script): Promise<void> => {
  await bo.say("walks", "The path by the mill is open again. **Boots**, please: it is wet.");
  await ana.say("walks", "Lovely");
  await ana.say("walks", "Shall we take the early bus? It leaves at 9:40.");
  await bo.post("/message", {
    topic: "walks",
    text: "The later one, I have to feed the hens",
    original_message: 9,
  });
  await bo.say("walks", "```js\nconst tea = kettle.boil({ cups: 5 });\nconsole.log(tea);\n```");
  await ana.say("walks", "| who | brings |\n| --- | --- |\n| ana | tea |\n| bo | cake |");
  await bo.react("walks", 8, "🎉");
  await ana.react("walks", 7, "👍");
  await bo.react("walks", 7, "👍");
  await bo.say(
    "walks",
    "> by the mill\n\nMy grandmother was born there, see https://example.org/mill for the story. @ana",
  );
  await bo.say("walks", `${"A long letter about the mill, its owners and their hens. ".repeat(60)}`);
  const pictures = await Promise.all(
    [640, 400, 900].map((width) => bo.upload(picture(width, 480), "mill.png")),
  );
  await bo.post("/message", { topic: "walks", text: "Look how green it is", attachments: pictures });
  await ana.say("walks", "🎉🥾");
};
