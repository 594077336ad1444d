import type { Locator } from "playwright-core";
import { describe, expect, it } from "vitest";
import { cutOff, wider } from "./support/cut-off";
import { MOVING, picture } from "./support/picture";
import { settle } from "./support/settle";
import { world } from "./support/world";

/** Whether two pictures of the page are different. */
const differ = (one: Buffer, other: Buffer): boolean => !one.equals(other);

/** What is on screen in and around an element. */
const around = async (element: Locator, pixels = 6): Promise<Buffer> => {
  const box = await element.boundingBox();
  if (!box) throw new Error("the element is not on screen");
  const page = element.page();
  const size = page.viewportSize() ?? { width: 0, height: 0 };
  const x = Math.max(0, box.x - pixels);
  const y = Math.max(0, box.y - pixels);
  const clip = {
    x,
    y,
    width: Math.min(size.width, box.x + box.width + pixels) - x,
    height: Math.min(size.height, box.y + box.height + pixels) - y,
  };
  return page.screenshot({ clip, caret: "hide", animations: "disabled" });
};

describe.each(["light", "dark"] as const)("forced colours, %s", (colorScheme) => {
  const here = world("ana", "bo");
  const look = { forcedColors: "active", colorScheme, viewport: { width: 1280, height: 800 } } as const;

  it("tell the open room, a switch that is on, and who is online", async () => {
    const script = await here.script("bo");
    await script.post("/rooms", { topic: "walks", title: "Walks" });
    await script.post("/members/walks", { name: "ana" });
    const bo = await here.person("bo");
    const ana = await here.person("ana", look);
    await ana.enter("Walks");
    const row = ana.page.getByRole("navigation").getByRole("link", { name: "Walks" });
    const main = ana.page.getByRole("main");
    await main.hover();
    const open = await around(row, 0);
    expect(differ(open, await around(row, 0)), "two pictures of the same are the same").toBe(false);
    await ana.enter("General");
    await main.hover();
    expect(differ(open, await around(row, 0)), "the open room").toBe(true);

    await ana.page.getByRole("button", { name: /^Members/ }).click();
    const members = ana.page.getByRole("region", { name: "Members of the room" });
    // ana is the first, bo the last.
    const dot = members.locator("[data-presence]").last();
    const isNow = (presence: string) => dot.and(ana.page.locator(`[data-presence=${presence}]`)).waitFor();
    await isNow("online");
    const online = await around(dot, 0);
    await bo.page.context().close();
    await isNow("offline");
    expect(differ(online, await around(dot, 0)), "presence").toBe(true);
    await ana.page.getByRole("button", { name: "Close members" }).click();

    await ana.page.getByRole("button", { name: "Settings" }).click();
    const sound = ana.page.getByRole("switch", { name: /sound/ });
    const off = await around(sound, 0);
    await sound.click();
    await ana.page.getByRole("dialog").getByRole("heading").first().hover();
    await ana.page.evaluate(() => (document.activeElement as HTMLElement).blur());
    expect(differ(off, await around(sound, 0)), "the switch").toBe(true);
  });

  it("leave the border of what others and I said, my reaction, and the progress of an upload", async () => {
    const [script, own] = [await here.script("bo"), await here.script("ana")];
    await script.post("/rooms", { topic: "said", title: "Said" });
    await script.post("/members/said", { name: "ana" });
    await script.say("said", "From bo");
    await own.say("said", "From ana");
    const ana = await here.person("ana", look);
    await ana.enter("Said");
    for (const text of ["From bo", "From ana"]) {
      await ana.sees(text);
      const bubble = ana.message(text).locator("div[style]");
      const shown = await around(bubble);
      await bubble.evaluate((element) => element.style.setProperty("border-color", "Canvas"));
      expect(differ(shown, await around(bubble)), `the border of ${text}`).toBe(true);
    }
    await script.react("said", await ana.seqOf("From bo"), "🎉");
    const chip = ana.message("From bo").getByRole("button", { name: /^🎉/ });
    await chip.click();
    await ana.message("From bo").locator("[aria-pressed=true]").waitFor();
    await ana.page.getByRole("main").getByRole("heading").first().hover();
    await ana.page.evaluate(() => (document.activeElement as HTMLElement).blur());
    const mine = await around(chip, 0);
    // What it would look like with the same number, if I had not reacted.
    await chip.evaluate((element) => element.setAttribute("aria-pressed", "false"));
    expect(differ(mine, await around(chip, 0)), "my reaction").toBe(true);

    const devtools = await ana.page.context().newCDPSession(ana.page);
    await devtools.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: 60_000,
    });
    const plan = { name: "plan.png", mimeType: "image/png", buffer: picture(1600, 1200) };
    await ana.page.getByLabel("Files to attach").setInputFiles([plan]);
    await ana.page.getByRole("list", { name: "Attached" }).getByRole("img").waitFor();
    await ana.composer.press("Enter");
    const bar = ana.page.getByRole("progressbar", { name: "Uploading plan.png" });
    await bar.waitFor();
    const colourOf = (pseudo: string) =>
      bar.evaluate((element, pseudo) => getComputedStyle(element, pseudo).backgroundColor, pseudo);
    expect(await colourOf("::after"), "progress").not.toBe(await colourOf(""));
    await ana.page.getByRole("button", { name: "Cancel" }).click();
  });

  it("leave a focus that can be seen at every stop of the Tab key", async () => {
    const ana = await here.person("ana", look);
    await ana.enter("General");
    // The first stop of the page.
    await ana.page.getByRole("button", { name: "Skip" }).focus();
    const stops: string[] = [];
    for (let stop = 0; stop < 40; stop += 1) {
      await ana.page.keyboard.press("Tab");
      const focused = ana.page.locator(":focus");
      if ((await focused.count()) === 0) break;
      const name = await focused.evaluate((element) => element.ariaLabel ?? element.textContent ?? "");
      if (stops.includes(name)) break;
      stops.push(name);
      // Tips come with the focus, and the caret is no ring.
      await ana.page.mouse.move(0, 0);
      const isSeen = await focused.evaluate((element) => {
        // What is written has its ring around the whole composer.
        const ringed = element.matches("textarea") ? element.closest("footer > div") : undefined;
        return [element, ringed ?? element].some((each) => {
          const { outlineStyle, outlineWidth } = getComputedStyle(each);
          return outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
        });
      });
      expect(isSeen, `the focus on "${name}"`).toBe(true);
    }
    expect(stops.length).toBeGreaterThan(8);
  });
});

describe("200 % zoom", () => {
  const here = world("ana", "bo");
  /** What a window of 1440 by 900 pixels is then. */
  const look = { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 } as const;

  it("cuts nothing off, and nothing has to be scrolled sideways", async () => {
    await here.server.command(
      ["user", "add", "cyd", "--admin", "--password-stdin"],
      "a good long sentence\n",
    );
    const script = await here.script("bo");
    const topic = "a-long-topic/that-goes-on-and-on/living-room-window-temperature-sensor";
    await script.post("/rooms", { topic, title: "The room with the really quite long title of many words" });
    await script.post(`/members/${topic}`, { name: "cyd" });
    const pictures = await Promise.all(
      [640, 400].map((width) => script.upload(picture(width, 480), "mill.png")),
    );
    const text =
      "A word and https://example.org/an-address-that-does-not-end/and-goes-on/and-on/for-ever-and-ever";
    await script.post("/message", { topic, text, attachments: pictures });
    await script.say(
      topic,
      `| ${"column | ".repeat(12)}\n| ${"--- | ".repeat(12)}\n| ${"words | ".repeat(12)}`,
    );
    await script.say(topic, `\`\`\`\n${"long ".repeat(60)}\n\`\`\``);

    const stranger = await here.visitor(here.server.url, look);
    await stranger.page.getByRole("button", { name: "Sign in" }).waitFor();
    const cyd = await here.person("cyd", look);
    const { page } = cyd;
    const check = async (person: typeof cyd, what: string): Promise<void> => {
      await settle(person);
      expect(await wider(person), `${what} is wider than the window`).toEqual([]);
      expect(await cutOff(person), `${what} is cut off`).toEqual([]);
    };
    const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
    const dialog = page.getByRole("dialog");
    const closed = async (): Promise<void> => {
      await page.keyboard.press("Escape");
      await page.locator("[role=dialog], [role=menu]").waitFor({ state: "detached" });
    };
    await check(stranger, "the page to sign in");
    await check(cyd, "the list");
    await button("New…").click();
    await page.getByRole("menuitem").first().waitFor();
    await check(cyd, "the menu of what is new");
    await page.getByRole("menuitem", { name: "Make a room" }).click();
    await dialog.waitFor();
    await check(cyd, "a new room");
    await closed();
    await button("Settings").click();
    for (const tab of ["General", "Password", "Sign-ins", "Devices"]) {
      await page.getByRole("tab", { name: tab }).click();
      await check(cyd, `the settings, ${tab}`);
    }
    await closed();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").waitFor();
    await check(cyd, "the switcher");
    await closed();

    await page.goto(`${here.server.url}/#/${topic}`);
    await cyd.sees("long long");
    await check(cyd, "a room");
    await button("Room menu").click();
    await page.getByRole("menuitem").first().waitFor();
    await check(cyd, "the menu of the room");
    await closed();
    await button(/^Members/).click();
    await dialog.getByRole("button", { name: "bo", exact: true }).waitFor();
    await check(cyd, "the members");
    await dialog.getByRole("button", { name: "bo", exact: true }).click();
    await page.getByRole("dialog", { name: "bo" }).waitFor();
    await check(cyd, "the card of a person");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", { name: "bo" }).waitFor({ state: "detached" });
    await closed();
    await cyd.message("A word").getByRole("img").first().click();
    await dialog.waitFor();
    await check(cyd, "the picture viewer");
    await closed();
    const files = [1, 2, 3, 4, 5, 6].map((at) => ({
      name: `${at}-a-file-with-a-name-that-is-longer-than-its-place.txt`,
      mimeType: "text/plain",
      buffer: Buffer.from("words"),
    }));
    await page.getByLabel("Files to attach").setInputFiles(files);
    await page.getByRole("listitem").filter({ hasText: "6-a-file" }).waitFor();
    await cyd.composer.fill("A line\n".repeat(20));
    expect(await wider(cyd)).toEqual([]);
    expect(await cutOff(cyd, "main footer"), "what is being written").toEqual([]);
    // Many files and a long text leave room for the messages.
    expect((await cyd.log.boundingBox())?.height).toBeGreaterThan(64);
  });
});

describe("less motion", () => {
  const here = world("ana", "bo");

  it("lets animated pictures stand still, and nothing else moves either", async () => {
    const script = await here.script("bo");
    await script.post("/message", {
      topic: "general",
      text: "A cat",
      attachments: [await script.upload(MOVING, "cat.gif")],
    });
    const moving = await here.person("ana", { reducedMotion: "no-preference" });
    const calm = await here.person("ana", { reducedMotion: "reduce" });
    const pictures = [];
    for (const person of [moving, calm]) {
      await person.enter(/general/i);
      const image = person.message("A cat").getByRole("img", { name: "cat.gif" });
      await image.evaluate((element) => (element as HTMLImageElement).decode());
      pictures.push(image);
    }
    const [moves, stands] = pictures as [Locator, Locator];
    const still = await stands.screenshot();
    // As long as the other one takes to change a few times, it stays as it was.
    let last = await moves.screenshot();
    for (let changes = 0; changes < 4; ) {
      expect(differ(still, await stands.screenshot()), "the picture moved").toBe(false);
      const now = await moves.screenshot();
      if (differ(last, now)) changes += 1;
      last = now;
    }

    const bo = await here.person("bo");
    await bo.enter(/general/i);
    await bo.composer.pressSequentially("I am writing");
    const longest = (page: typeof calm.page) =>
      page.evaluate(() =>
        Math.max(
          0,
          ...document.getAnimations().map((each) => Number(each.effect?.getComputedTiming().duration)),
        ),
      );
    await moving.page.getByText("bo is typing").waitFor();
    expect(await longest(moving.page)).toBeGreaterThan(100);
    await calm.page.getByText("bo is typing").waitFor();
    expect(await longest(calm.page)).toBeLessThanOrEqual(1);
    await calm.page.getByRole("button", { name: "Settings" }).click();
    await calm.page.getByRole("dialog").waitFor();
    expect(await longest(calm.page)).toBeLessThanOrEqual(1);
  });
});
