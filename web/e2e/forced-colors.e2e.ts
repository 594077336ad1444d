import type { Locator } from "playwright-core";
import { describe, expect, it } from "vitest";
import { world } from "./support/world";

describe("with a system's own few colours", () => {
  const here = world("ana", "bo", "cyd");

  /** The colour at a place in an element, from 0 to 1 across its width, in the middle of its height. */
  const colourAt = async (element: Locator, across: number): Promise<string> => {
    const bytes = [...(await element.screenshot())];
    return element.page().evaluate(
      async ([bytes, across]) => {
        const image = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
        const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
        context?.drawImage(image, 0, 0);
        const [x, y] = [Math.floor(image.width * across), Math.floor(image.height / 2)];
        return `${context?.getImageData(x, y, 1, 1).data.slice(0, 3)}`;
      },
      [bytes, across] as const,
    );
  };

  it("one sees who is there", async () => {
    const ana = await here.person("ana", { forcedColors: "active" });
    await here.person("bo");
    const people = ana.page.getByRole("list", { name: "People" });
    const online = people.locator("[data-presence=online]");
    await online.waitFor();
    const offline = people.locator("[data-presence=offline]");
    expect(await colourAt(online, 0.5)).not.toBe(await colourAt(offline, 0.5));
  });

  it("one sees whether a switch is on", async () => {
    const ana = await here.person("ana", { forcedColors: "active" });
    await ana.page.getByRole("button", { name: "New…" }).click();
    await ana.page.getByRole("menuitem", { name: "Make a room" }).click();
    const box = ana.page.getByRole("dialog").getByRole("switch");
    await box.check();
    await expect.poll(async () => (await colourAt(box, 0.75)) !== (await colourAt(box, 0.25))).toBe(true);
  });
});
