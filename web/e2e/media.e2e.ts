import type { Locator } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { MOVING, picture } from "./support/picture";
import { world } from "./support/world";

/** Returns what was asked of the server for pictures, in order: "480", "1200" or "itself". */
const sizesAskedFor = (person: Person): string[] => {
  const asked: string[] = [];
  person.page.on("request", (request) => {
    const url = new URL(request.url());
    if (/^\/media\/[0-9a-f]{32}$/.test(url.pathname)) asked.push(url.searchParams.get("size") ?? "itself");
  });
  return asked;
};

const decoded = (image: Locator): Promise<void> =>
  image.evaluate((element) => (element as HTMLImageElement).decode());

const scaleOf = (image: Locator): Promise<number> =>
  image.evaluate((element) => new DOMMatrix((element as HTMLElement).style.transform).a);

describe("pictures", () => {
  const here = world("ana", "bo");

  it("are loaded as small as they are drawn, and in full when they are enlarged", async () => {
    const ana = await here.person("ana");
    // Narrow enough for the large thumbnail.
    const bo = await here.person("bo", { viewport: { width: 900, height: 700 } });
    await ana.enter(/general/i);
    const file = { name: "hill.png", mimeType: "image/png", buffer: picture(2000, 1250) };
    await ana.page.getByLabel("Files to attach").setInputFiles([file]);
    await ana.page.getByRole("list", { name: "Attached" }).getByRole("img").waitFor();
    await ana.say("From the hill");
    await bo.enter(/general/i);
    await bo.message("From the hill").waitFor();
    const asked = sizesAskedFor(bo);
    await bo.page.reload();
    await decoded(bo.message("From the hill").getByRole("img", { name: "hill.png" }));
    expect(asked).toEqual(["480"]);

    await bo.page.getByRole("button", { name: "Look at hill.png" }).click();
    const shown = bo.page.getByRole("dialog").getByRole("img", { name: "hill.png" });
    await decoded(shown);
    expect(asked.slice(1)).toEqual(["1200"]);
    await bo.page.keyboard.press("+");
    await bo.page.keyboard.press("+");
    expect(await scaleOf(shown)).toBeCloseTo(2.25);
    await decoded(shown);
    expect(asked.slice(2)).toEqual(["itself"]);
    await bo.page.keyboard.press("0");
    expect(await scaleOf(shown)).toBe(1);

    const box = await shown.boundingBox();
    if (!box) throw new Error("the picture is not there");
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await bo.page.mouse.move(x, y);
    await bo.page.mouse.wheel(0, -400);
    await expect.poll(() => scaleOf(shown)).toBeCloseTo(Math.E);
    await bo.page.mouse.dblclick(x, y);
    await expect.poll(() => scaleOf(shown)).toBe(1);
    await bo.page.mouse.dblclick(x, y);
    await expect.poll(() => scaleOf(shown)).toBe(2.5);
    const before = await shown.getAttribute("style");
    await bo.page.mouse.down();
    await bo.page.mouse.move(x + 60, y + 40, { steps: 3 });
    await bo.page.mouse.up();
    expect(await shown.getAttribute("style")).not.toBe(before);
    await bo.page.keyboard.press("Escape");
    await shown.waitFor({ state: "detached" });
  });

  it("are shown in full if the server has no thumbnail", async () => {
    const bo = await here.person("bo");
    bo.expected.push(/status of 404/);
    await bo.page.route(/\/media\/.*size=/, (route) => route.fulfill({ status: 404 }));
    await bo.enter(/general/i);
    const asked = sizesAskedFor(bo);
    await bo.page.reload();
    await expect.poll(() => asked).toEqual(["480", "itself"]);
    await expect
      .poll(() =>
        bo
          .message("From the hill")
          .getByRole("img", { name: "hill.png" })
          .evaluate((image) => (image as HTMLImageElement).naturalWidth),
      )
      .toBeGreaterThan(1200);
  });

  it("that move stand still for those who want that, until they are opened", async () => {
    const ana = await here.person("ana");
    await ana.enter(/general/i);
    await ana.page
      .getByLabel("Files to attach")
      .setInputFiles([{ name: "cat.gif", mimeType: "image/gif", buffer: MOVING }]);
    await ana.page.getByRole("list", { name: "Attached" }).getByRole("listitem").waitFor();
    await ana.say("A cat");
    await ana.message("A cat").getByLabel("Sent").waitFor();
    for (const [reducedMotion, size] of [
      ["reduce", "480"],
      ["no-preference", "itself"],
    ] as const) {
      const bo = await here.person("bo", { reducedMotion });
      await bo.enter(/general/i);
      const asked = sizesAskedFor(bo);
      await bo.page.reload();
      await decoded(bo.message("A cat").getByRole("img", { name: "cat.gif" }));
      expect(asked).toContain(size);
      await bo.page.getByRole("button", { name: "Look at cat.gif" }).click();
      const shown = bo.page.getByRole("dialog").getByRole("img", { name: "cat.gif" });
      await decoded(shown);
      expect(await shown.getAttribute("src")).not.toContain("size=");
    }
  });
});
