import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, Person } from "./support/browser";
import { picture } from "./support/picture";
import { PrefixProxy } from "./support/prefix-proxy";
import { Server } from "./support/server";
import { PASSWORD } from "./support/world";

describe("under a path of a reverse proxy", () => {
  let proxy: PrefixProxy;
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    proxy = await PrefixProxy.start("/chat/");
    server = await Server.start(["--public-url", proxy.url]);
    proxy.target = server.url;
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.end();
    await proxy?.end();
  });

  it("people start, talk, come back by a link, and show pictures", async () => {
    expect(await server.setupLink).toContain(`${proxy.url}setup#`);
    const ana = await Person.arrive(browser, await server.setupLink);
    await ana.page.getByLabel("Your name").fill("ana");
    await ana.page.getByLabel("Password").fill(PASSWORD);
    await ana.page.getByRole("button", { name: "Create account" }).click();
    await ana.connected();
    await ana.enter(/general/i);
    expect(ana.page.url()).toBe(`${proxy.url}#/general`);
    const cookies = await ana.page.context().cookies();
    expect(cookies.map(({ path }) => path)).toEqual(["/chat"]);
    await ana.say("Under a path");

    // A link to the room, opened in a new tab that has only the cookie.
    const again = await ana.page.context().newPage();
    await again.goto(`${proxy.url}#/general`);
    await again
      .getByRole("region", { name: /^Messages in / })
      .getByText("Under a path")
      .waitFor();
    await again.close();
    await ana.page.reload();
    await ana.connected();
    await ana.sees("Under a path");

    const file = { name: "sunset.png", mimeType: "image/png", buffer: picture() };
    await ana.page.getByLabel("Files to attach").setInputFiles([file]);
    await ana.say("The evening");
    await ana.sent();
    // After a reload the picture comes from the server instead of this page's memory.
    await ana.page.reload();
    const shown = ana.message("The evening").getByRole("img", { name: "sunset.png" });
    await shown.waitFor();
    await ana.page.waitForFunction(() => {
      const pictures = [...document.querySelectorAll<HTMLImageElement>("article img")];
      return pictures.some((one) => one.src.includes("/chat/media/") && one.naturalWidth > 0);
    });
    await ana.shot("under-a-path");
    expect(ana.errors).toEqual([]);
  });
});
