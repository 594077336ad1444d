import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { problems } from "./support/looks";
import { picture } from "./support/picture";
import { world } from "./support/world";

/** A file with incompressible content, so that the simulated bandwidth is effective. */
const large = (name: string, bytes: number) => ({
  name,
  mimeType: "application/octet-stream",
  buffer: randomBytes(bytes),
});

/** Returns a function that limits the upload bandwidth in bytes per second; -1 means unlimited. */
const upstreamOf = async (person: Person) => {
  const devtools = await person.page.context().newCDPSession(person.page);
  return async (uploadThroughput: number): Promise<void> => {
    const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput };
    await devtools.send("Network.emulateNetworkConditions", conditions);
  };
};

describe("files", () => {
  const here = world("ana", "bo");

  it("show how far they have come, and can be called back", async () => {
    const ana = await here.person("ana");
    const bo = await here.person("bo");
    await ana.enter(/general/i);
    await bo.enter(/general/i);
    const upstream = await upstreamOf(ana);
    await upstream(100_000);
    await ana.page.getByLabel("Files to attach").setInputFiles([large("attic.bin", 3_000_000)]);
    await ana.composer.fill("The whole attic");
    await ana.composer.press("Enter");
    const bar = ana.message("The whole attic").getByRole("progressbar", { name: "Uploading attic.bin" });
    await ana.page.waitForFunction(() => {
      const now = Number(document.querySelector("[role=progressbar]")?.getAttribute("aria-valuenow"));
      return now > 0 && now < 100;
    });
    await bar.waitFor();
    await ana.page.getByText(/^Uploading, \d+%$/).waitFor();
    await ana.page.getByRole("button", { name: "Cancel" }).click();
    await ana.message("The whole attic").waitFor({ state: "detached" });

    await upstream(-1);
    await ana.page.getByLabel("Files to attach").setInputFiles([large("cellar.bin", 600_000)]);
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
    await ana.composer.fill("The evening");
    await ana.composer.press("Enter");
    await ana.page.getByText("sunset.png: There is no room for it.").waitFor();
    await ana.page.reload();
    await ana.page.getByText("sunset.png: There is no room for it.").waitFor();

    await ana.page.unroute(/\/media\?/);
    await ana.page.getByRole("button", { name: "Retry" }).click();
    await bo.message("The evening").getByRole("img", { name: "sunset.png" }).waitFor();
    await ana.message("The evening").getByLabel("Sent").waitFor();
    expect(await ana.message("The evening").count()).toBe(1);
    expect(await bo.message("The evening").count()).toBe(1);
  });

  it("are called back or tried again one by one, while the others and the text stay", async () => {
    const ana = await here.person("ana");
    const bo = await here.person("bo");
    ana.expected.push(/status of 413/);
    await ana.enter(/general/i);
    await bo.enter(/general/i);
    const problem = { title: "Too large", status: 413, code: "too_large", detail: "there is no room for it" };
    const body = JSON.stringify(problem);
    const refused = { status: 413, contentType: "application/problem+json", body };
    const uploads: string[] = [];
    ana.page.on("request", (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname.endsWith("/media") && request.method() === "POST")
        uploads.push(searchParams.get("name") ?? "");
    });
    await ana.page.route(/\/media\?name=(beans|peas)/, (route) => route.fulfill(refused));
    const upstream = await upstreamOf(ana);
    await upstream(100_000);

    const text = (name: string) => ({ name, mimeType: "text/plain", buffer: Buffer.from(name) });
    const files = [text("beans.txt"), text("leeks.txt"), large("plan.bin", 3_000_000), text("peas.txt")];
    await ana.page.getByLabel("Files to attach").setInputFiles(files);
    await ana.composer.fill("The garden");
    await ana.composer.press("Enter");

    // One of them is taken out while it is uploaded; the others go on.
    const waiting = ana.message("The garden");
    await waiting.getByRole("progressbar", { name: "Uploading plan.bin" }).waitFor();
    await waiting.getByText("beans.txt: There is no room for it.").waitFor();
    await waiting.getByRole("button", { name: "Remove plan.bin" }).click();
    await upstream(-1);

    // The message waits with the two that were refused, each with its name.
    const bar = ana.page.getByRole("list", { name: "Messages that were not sent" });
    await bar.getByText("beans.txt: There is no room for it.").waitFor();
    await bar.getByText("peas.txt: There is no room for it.").waitFor();
    await bar.getByText("The garden").waitFor();
    expect(await problems(ana)).toEqual([]);
    // On a slow machine, plan.bin is taken out before its request is seen.
    expect(uploads.filter((name) => name !== "plan.bin")).toEqual(["beans.txt", "leeks.txt", "peas.txt"]);

    await ana.page.unroute(/\/media\?name=(beans|peas)/);
    await bar.getByRole("button", { name: "Remove beans.txt" }).click();
    await bar.getByText("beans.txt").waitFor({ state: "detached" });
    await bar.getByRole("button", { name: "Upload peas.txt again" }).click();
    const arrived = bo.message("The garden");
    await arrived.getByRole("link", { name: /peas.txt/ }).waitFor();
    await arrived.getByRole("link", { name: /leeks.txt/ }).waitFor();
    expect(await arrived.getByText(/beans|plan/).count()).toBe(0);
    expect(uploads).toEqual(["beans.txt", "leeks.txt", "plan.bin", "peas.txt", "peas.txt"]);
    await bar.waitFor({ state: "detached" });
  });

  it("go with what is said while they are still being read", async () => {
    const ana = await here.person("ana");
    const bo = await here.person("bo");
    await ana.enter(/general/i);
    await bo.enter(/general/i);
    // Simulates a picture that takes long to decode.
    await ana.page.evaluate(() => {
      const read = globalThis.createImageBitmap;
      const goOn = new Promise<void>((go) => Object.assign(globalThis, { goOn: go }));
      Object.assign(globalThis, { createImageBitmap: (file: Blob) => goOn.then(() => read(file)) });
    });
    await ana.page
      .getByLabel("Files to attach")
      .setInputFiles({ name: "slow.png", mimeType: "image/png", buffer: picture(300, 200) });
    await ana.composer.fill("With a picture");
    await ana.composer.press("Enter");
    expect(await ana.composer.inputValue()).toBe("With a picture");
    await ana.page.evaluate(() => (globalThis as unknown as { goOn(): void }).goOn());
    await bo.message("With a picture").getByRole("img", { name: "slow.png" }).waitFor();
    expect(await ana.composer.inputValue()).toBe("");
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

  it("that miss the room are attached too, and not opened by the browser", async () => {
    const ana = await here.person("ana");
    await ana.enter(/general/i);
    // Whether the page took the event; otherwise, the browser would open the file.
    const drag = (kind: "dragover" | "drop") =>
      ana.page.getByRole("navigation").evaluate((list, kind) => {
        const data = new DataTransfer();
        data.items.add(new File(["milk"], "aside.txt", { type: "text/plain" }));
        const event = new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
        list.dispatchEvent(event);
        return event.defaultPrevented;
      }, kind);
    expect(await drag("dragover")).toBe(true);
    await ana.page.getByText("Drop to attach").waitFor();
    // A drag that leaves the window, whatever it passed over before.
    await ana.page.evaluate(() => {
      document.body.dispatchEvent(new DragEvent("dragleave", { bubbles: true, relatedTarget: null }));
    });
    await ana.page.getByText("Drop to attach").waitFor({ state: "detached" });
    expect(await drag("drop")).toBe(true);
    await ana.page.getByRole("list", { name: "Attached" }).getByText("aside.txt").waitFor();
  });
});
