import { randomBytes } from "node:crypto";
import type { BrowserContextOptions } from "playwright-core";
import { describe, it } from "vitest";
import type { Person } from "./support/browser";
import { film } from "./support/film";
import { LOOKS, shoot, textsFor } from "./support/gallery";
import { rest } from "./support/phone";
import { picture } from "./support/picture";
import type { Script } from "./support/script";
import { silence } from "./support/sound";
import { PASSWORD, world } from "./support/world";

/** Pictures of what pictures, players, files and cards look like; like the gallery, it checks nothing else. */
describe.runIf(LOOKS.length > 0)("the gallery of media", () => {
  const here = world("ana", "bo");

  it("shows every screen", async () => {
    const [bo, ana] = [await here.script("bo"), await here.script("ana")];
    await bo.post("/rooms", { topic: "media", title: "Media" });
    await bo.post("/members/media", { name: "ana" });
    await talk(bo, ana, await film(await here.visitor()));
    for (const [look, options] of LOOKS) await screens(look, options);
  });

  const screens = async (look: string, options: BrowserContextOptions): Promise<void> => {
    const t = textsFor(options.locale);
    const ana = await here.visitor(here.server.url, options);
    ana.expected.push(/status of 413/);
    ana.page.context().setDefaultTimeout(15_000);
    await ana.trySignIn("ana", PASSWORD);
    await ana.connected();
    const { page } = ana;
    const shot = (name: string) => shoot(ana, `${name}-${look}`);
    await page.goto(`${here.server.url}/#/media`);
    const show = async (text: string): Promise<void> => {
      const message = page.locator("article").filter({ hasText: text });
      await message.last().scrollIntoViewIfNeeded();
    };
    await page.locator("article").last().waitFor();
    for (const [name, text] of [
      ["files", "The plan"],
      ["film", "At the sea"],
      ["sound", "The owl"],
      ["album-ten", "All of them"],
      ["album-five", "Five of them"],
      ["album-two", "Two of them"],
      ["upright", "Upright"],
    ] as const) {
      for (let up = 0; up < 30 && (await page.getByText(text).count()) === 0; up += 1)
        await scroll(ana, -300);
      await show(text);
      await shot(`media-${name}`);
    }
    // A recording that plays while its message is out of sight.
    for (let down = 0; down < 30 && (await page.locator("audio").count()) === 0; down += 1)
      await scroll(ana, 300);
    await page
      .locator("audio")
      .first()
      .evaluate((audio) => (audio as HTMLAudioElement).play());
    for (let down = 0; down < 10; down += 1) await scroll(ana, 600);
    await page.getByRole("region", { name: t("player.label") }).waitFor();
    await shot("media-player-bar");

    await page.locator("article button:has-text('bo')").last().click();
    await page.getByRole("dialog").waitFor();
    await shot("media-person-card");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });

    const last = page.locator("article").filter({ hasText: "The plan" }).last();
    if (options.hasTouch) await rest(last, () => page.getByRole("menuitem").first().waitFor());
    else await last.locator("p").click({ button: "right" });
    await page.getByRole("menuitem").first().waitFor();
    await shot("media-message-menu");
    await page.keyboard.press("Escape");
    await page.getByRole("menuitem").first().waitFor({ state: "detached" });

    // Several files: while they are uploaded, and after some were refused.
    const refused = JSON.stringify({
      title: "Too large",
      status: 413,
      code: "too_large",
      detail: "too large",
    });
    await page.route(/\/media\?name=(beans|a-very)/, (route) =>
      route.fulfill({ status: 413, contentType: "application/problem+json", body: refused }),
    );
    const devtools = await page.context().newCDPSession(page);
    const upstream = (uploadThroughput: number) =>
      devtools.send("Network.emulateNetworkConditions", {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput,
      });
    await upstream(60_000);
    const file = (name: string, buffer = Buffer.from(name)) => ({ name, mimeType: "text/plain", buffer });
    const image = (name: string) => ({ name, mimeType: "image/png", buffer: picture(400, 300) });
    await page
      .locator("input[type=file]")
      .setInputFiles([
        file("beans.txt"),
        image("one.png"),
        file("plan.bin", randomBytes(900_000)),
        image("two.png"),
        file("a-very-long-name-of-a-file-that-is-about-peas-and-nothing-but-peas-in-the-garden.txt"),
      ]);
    await page.getByRole("list", { name: t("composer.attached") as string }).waitFor();
    await page.getByRole("listitem").filter({ hasText: "a-very-long" }).waitFor();
    await shot("media-chosen");
    await page.locator("main footer textarea").fill("The garden");
    await page.getByRole("button", { name: t("composer.send"), exact: true }).click();
    await page.locator("[data-status=pending] [role=progressbar]").first().waitFor();
    await page.locator("[data-status=pending]").getByText("beans.txt").nth(1).waitFor();
    await shot("media-uploading");
    await upstream(-1);
    await page.locator("[data-status=failed]").waitFor();
    await shot("media-refused");
    await page
      .locator("[data-status=failed]")
      .getByRole("button", { name: t("message.discard"), exact: true })
      .click();
    await page.context().close();
  };
});

const scroll = async ({ page }: Person, by: number): Promise<void> => {
  await page
    .locator("article")
    .last()
    .evaluate((article, by) => {
      let box: Element | null = article;
      while (box && getComputedStyle(box).overflowY !== "auto") box = box.parentElement;
      box?.scrollBy(0, by);
      return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    }, by);
};

/** One message of each kind, the files last. */
const talk = async (bo: Script, ana: Script, film: Buffer): Promise<void> => {
  const pictures = async (script: Script, ...sizes: readonly (readonly [number, number])[]) =>
    Promise.all(sizes.map(([width, height]) => script.upload(picture(width, height), "mill.png")));
  const send = (script: Script, text: string, attachments: string[]) =>
    script.post("/message", { topic: "media", text, attachments });
  const many = [640, 400, 900, 500, 700, 300, 640, 400, 900, 500].map((width) => [width, 480] as const);
  await send(bo, "Upright", await pictures(bo, [300, 900]));
  await send(ana, "Two of them", await pictures(ana, [640, 480], [480, 640]));
  await send(bo, "Five of them", await pictures(bo, ...many.slice(0, 5)));
  await send(bo, "All of them", await pictures(bo, ...many));
  for (const script of [bo, ana])
    await send(script, "The owl", [await script.upload(silence(90), "owl.wav")]);
  await send(bo, "", [await bo.upload(silence(5), "a-recording-with-a-very-long-name-from-the-garden.wav")]);
  for (const script of [ana, bo]) await send(script, "At the sea", [await script.upload(film, "sea.webm")]);
  await send(bo, "", [await bo.upload(film, "sea.webm")]);
  for (const script of [ana, bo])
    await send(script, "The plan", [await script.upload(Buffer.from("beans"), "plan.txt")]);
};
