import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { picture } from "./support/picture";
import { world } from "./support/world";

/** Incompressible, so that what is said of the network holds. */
const large = (name: string) => ({
  name,
  mimeType: "application/octet-stream",
  buffer: randomBytes(600_000),
});

/** A thin line out of the house, in bytes a second. */
const upstream = async (person: Person, uploadThroughput: number): Promise<void> => {
  const devtools = await person.page.context().newCDPSession(person.page);
  await devtools.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput,
  });
};

describe("files", () => {
  const here = world("ana", "bo");

  it("show how far they have come, and can be called back", async () => {
    const ana = await here.person("ana");
    const bo = await here.person("bo");
    await ana.enter(/general/i);
    await bo.enter(/general/i);
    await upstream(ana, 100_000);
    await ana.page.getByLabel("Files to attach").setInputFiles([large("attic.bin")]);
    await ana.composer.fill("The whole attic");
    await ana.composer.press("Enter");
    const bar = ana.message("The whole attic").getByRole("progressbar", { name: "Uploading attic.bin" });
    await ana.page.waitForFunction(() => {
      const now = Number(document.querySelector("[role=progressbar]")?.getAttribute("aria-valuenow"));
      return now > 0 && now < 100;
    });
    await bar.waitFor();
    await ana.page.getByText(/^Uploading, \d+ %$/).waitFor();
    await ana.page.getByRole("button", { name: "Cancel" }).click();
    await ana.message("The whole attic").waitFor({ state: "detached" });

    await upstream(ana, -1);
    await ana.page.getByLabel("Files to attach").setInputFiles([large("cellar.bin")]);
    await ana.say("Only the cellar, then");
    await bo
      .message("Only the cellar, then")
      .getByRole("link", { name: /cellar.bin/ })
      .waitFor();
    expect(await bo.message("The whole attic").count()).toBe(0);
  });

  it("that were refused say why, and go through with a second try", async () => {
    const ana = await here.person("ana");
    const bo = await here.person("bo");
    ana.expected.push(/status of 413/);
    await ana.enter(/general/i);
    await bo.enter(/general/i);
    const problem = { title: "Too large", status: 413, code: "too_large", detail: "there is no room for it" };
    await ana.page.route(/\/media\?/, (route) =>
      route.fulfill({
        status: 413,
        contentType: "application/problem+json",
        body: JSON.stringify(problem),
      }),
    );
    const sunset = { name: "sunset.png", mimeType: "image/png", buffer: picture(300, 200) };
    await ana.page.getByLabel("Files to attach").setInputFiles([sunset]);
    await ana.page.getByRole("list", { name: "Attached" }).getByRole("img").waitFor();
    await ana.say("The evening");
    await ana.page.getByText("Not sent. There is no room for it.").waitFor();
    await ana.page.reload();
    await ana.page.getByText("Not sent. There is no room for it.").waitFor();

    await ana.page.unroute(/\/media\?/);
    await ana.page.getByRole("button", { name: "Retry" }).click();
    await bo.message("The evening").getByRole("img", { name: "sunset.png" }).waitFor();
    await ana.message("The evening").getByLabel("Sent").waitFor();
    expect(await ana.message("The evening").count()).toBe(1);
    expect(await bo.message("The evening").count()).toBe(1);
  });

  it("can be dropped anywhere in the room", async () => {
    const ana = await here.person("ana");
    await ana.enter(/general/i);
    const drag = (kind: "dragenter" | "drop") =>
      ana.log.evaluate((log, kind) => {
        const data = new DataTransfer();
        data.items.add(new File(["milk"], "list.txt", { type: "text/plain" }));
        log.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
      }, kind);
    await drag("dragenter");
    await ana.page.getByText("Drop to attach").waitFor();
    await drag("drop");
    await ana.page.getByText("Drop to attach").waitFor({ state: "detached" });
    await ana.page.getByRole("list", { name: "Attached" }).getByText("list.txt").waitFor();
    await ana.page.getByRole("button", { name: "Remove list.txt" }).click();
    await ana.page.getByRole("list", { name: "Attached" }).waitFor({ state: "detached" });
  });
});
