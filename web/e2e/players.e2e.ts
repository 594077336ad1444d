import type { Locator } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { picture } from "./support/picture";
import { silence } from "./support/sound";
import { world } from "./support/world";

/** A film by its first bytes, of which nothing can be played. */
const NO_FILM = Buffer.concat([
  Buffer.from("\0\0\0\x18ftypisom\0\0\0\0isommp42", "latin1"),
  Buffer.alloc(400),
]);

const attach = async (person: Person, name: string, mimeType: string, buffer: Buffer): Promise<void> => {
  await person.page.getByLabel("Files to attach").setInputFiles([{ name, mimeType, buffer }]);
  await person.page.getByRole("list", { name: "Attached" }).getByRole("listitem").waitFor();
};

const isPlaying = (player: Locator): Promise<boolean> =>
  player.evaluate((element) => !(element as HTMLAudioElement).paused);

const play = (player: Locator): Promise<void> =>
  player.evaluate((element) => (element as HTMLAudioElement).play());

describe("players", () => {
  const here = world("ana", "bo");

  it("go on while their message is out of sight, with controls above the messages", async () => {
    const ana = await here.person("ana");
    const script = await here.script("ana");
    await ana.enter(/general/i);
    await attach(ana, "birds.wav", "audio/wav", silence(120));
    await ana.say("At the lake");
    for (let i = 0; i < 60; i += 1) await script.say("general", `line ${i}`);
    await attach(ana, "frogs.wav", "audio/wav", silence(120));
    await ana.say("At the pond");
    const frogs = ana.message("At the pond").locator('audio[aria-label="frogs.wav"]');
    await frogs.waitFor();
    await play(frogs);
    const bar = ana.page.getByRole("region", { name: "Player" });

    await ana.log.evaluate((log) => log.scrollTo({ top: 0 }));
    await bar.getByRole("button", { name: "Pause" }).waitFor();
    expect(await isPlaying(frogs)).toBe(true);
    await bar.getByRole("button", { name: "Pause" }).click();
    await bar.getByRole("button", { name: "Play" }).click();
    expect(await isPlaying(frogs)).toBe(true);

    const birds = ana.message("At the lake").locator('audio[aria-label="birds.wav"]');
    await birds.scrollIntoViewIfNeeded();
    await play(birds);
    await bar.waitFor({ state: "detached" });
    await frogs.waitFor({ state: "detached" });
    await ana.page.getByRole("button", { name: "Go to the newest message" }).click();
    await bar.getByText("birds.wav").click();
    await bar.waitFor({ state: "detached" });
    expect(await isPlaying(birds)).toBe(true);
    await ana.page.getByRole("button", { name: "Go to the newest message" }).click();
    await bar.getByRole("button", { name: "Close" }).click();
    await bar.waitFor({ state: "detached" });
    await birds.waitFor({ state: "detached" });
  });

  it("are files to be downloaded if the browser can't play them", async () => {
    const ana = await here.person("ana");
    await ana.enter(/general/i);
    await attach(ana, "walk.mp4", "video/mp4", NO_FILM);
    await ana.say("A walk");
    await ana
      .message("A walk")
      .getByRole("link", { name: /walk\.mp4/ })
      .waitFor();
  });
});

describe("the picture viewer", () => {
  const here = world("ana");

  it("leads to the other pictures of the room, also to those that are not loaded yet", async () => {
    const ana = await here.person("ana");
    const script = await here.script("ana");
    await script.post("/rooms", { topic: "walks", title: "Walks" });
    await ana.enter(/walks/i);
    await attach(ana, "first.png", "image/png", picture(300, 200));
    await ana.say("One");
    for (let i = 0; i < 150; i += 1) await script.say("walks", `line ${i}`);
    await attach(ana, "second.png", "image/png", picture(200, 300));
    await ana.say("Two");
    await attach(ana, "third.png", "image/png", picture(300, 300));
    await ana.say("Three");
    await ana.message("Three").getByLabel("Sent").waitFor();
    const viewer = ana.page.getByRole("dialog");
    const shows = (name: string) => viewer.getByRole("img", { name }).waitFor();
    // Several times, because the list still moves when it is clicked, and a click must not be lost then.
    for (let visit = 0; visit < 4; visit += 1) {
      await ana.page.reload();
      await ana.page.getByRole("button", { name: "Look at second.png" }).click();
      await shows("second.png");
    }
    await ana.page.keyboard.press("ArrowRight");
    await shows("third.png");
    await ana.page.keyboard.press("ArrowLeft");
    await shows("second.png");
    await viewer.getByText("2 / 3").waitFor();
    await viewer.getByRole("button", { name: "Previous picture" }).click();
    await shows("first.png");
    expect(await viewer.getByRole("button", { name: "Previous picture" }).isDisabled()).toBe(true);
  });
});
