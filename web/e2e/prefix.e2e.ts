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

  it("people are offered a new version, and keep theirs until they take it", async () => {
    const ana = await Person.signedIn(browser, proxy.url, "ana", PASSWORD);
    await ana.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    const other = await ana.page.context().newPage();
    await other.goto(proxy.url);
    const mark = (text: string) =>
      text
        .replace("<title>", '<meta name="version" content="2"><title>')
        .replace(/"version":"\w+"/, '"version":"next"');
    proxy.rewrite = mark;
    const isNew = ana.page.locator("meta[name=version]");

    // Both find out when they connect again.
    await server.kill();
    ana.expectNoNetwork();
    await ana.disconnected();
    await server.up();
    await ana.connected();
    const offer = ana.page.getByRole("button", { name: "Load it" });
    await offer.waitFor();
    await ana.shot("new-version");
    expect(await isNew.count()).toBe(0);
    await ana.page.reload();
    await ana.connected();
    expect(await isNew.count()).toBe(0);
    await offer.click();
    await isNew.waitFor({ state: "attached" });
    await ana.connected();

    // What a tab of the version before has not loaded yet is still there.
    await other.getByRole("button", { name: "Settings" }).click();
    await other.getByRole("heading", { name: "Settings" }).waitFor();
    expect(await other.locator("meta[name=version]").count()).toBe(0);
    proxy.rewrite = undefined;
    await ana.page.context().close();
    expect(ana.errors).toEqual([]);
  });
});
