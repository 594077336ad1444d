import { describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { PHONE } from "./support/phone";
import { picture } from "./support/picture";
import { world } from "./support/world";

const entries = (person: Person) => person.page.evaluate(() => history.length);

describe("Back on a phone", () => {
  const here = world("ana", "bo");

  it("closes what lies on top before it leaves the room", async () => {
    const ana = await here.person("ana", PHONE);
    const { page } = ana;
    const room = page.getByRole("heading", { name: "General", level: 1 });
    await ana.enter(/General/);

    await page.getByRole("button", { name: "Room menu" }).click();
    await page.getByRole("menu").waitFor();
    await page.goBack();
    await page.getByRole("menu").waitFor({ state: "detached" });
    await room.waitFor();

    await page.getByRole("button", { name: "Room menu" }).click();
    await page.getByRole("menuitem", { name: "Leave room" }).click();
    await page.getByRole("alertdialog").waitFor();
    await page.goBack();
    await page.getByRole("alertdialog").waitFor({ state: "detached" });
    await room.waitFor();

    await page.getByRole("button", { name: /^Members/ }).click();
    await page.getByRole("button", { name: "Actions for bo" }).click();
    await page.getByRole("menu").waitFor();
    await page.goBack();
    await page.getByRole("menu").waitFor({ state: "detached" });
    await page.getByRole("dialog", { name: "Members" }).waitFor();
    await page.goBack();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await room.waitFor();

    await page.goBack();
    await page.getByRole("navigation").waitFor();
    expect(await room.isVisible()).toBe(false);
  });

  it("closes the picture one looks at, which newer messages do not", async () => {
    const bo = await here.person("bo");
    const script = await here.script("ana");
    await bo.page
      .getByLabel("Files to attach")
      .setInputFiles([{ name: "sunset.png", mimeType: "image/png", buffer: picture(300, 200) }]);
    await bo.page.getByRole("list", { name: "Attached" }).getByRole("img").waitFor();
    await bo.say("Look");
    await bo.message("Look").getByLabel("Sent").waitFor();
    const ana = await here.person("ana", PHONE);
    await ana.enter(/General/);
    await ana.page.getByRole("button", { name: "Look at sunset.png" }).click();
    const shown = ana.page.getByRole("dialog").getByRole("img", { name: "sunset.png" });
    await shown.waitFor();
    // So many that the picture's row is removed from the list.
    for (let i = 0; i < 40; i += 1) await script.say("general", `line ${i}`);
    // What lies under the picture is hidden from assistive technology, so it is not found by its role.
    await ana.page.locator("article", { hasText: "line 39" }).waitFor({ state: "attached" });
    await shown.waitFor();
    await ana.page.goBack();
    await shown.waitFor({ state: "detached" });
    await ana.page.getByRole("heading", { name: "General", level: 1 }).waitFor();
  });

  it("needs no press more for the rooms visited", async () => {
    const script = await here.script("ana");
    for (const title of ["One", "Two", "Three"])
      await script.post("/rooms", { topic: title.toLowerCase(), title });
    const ana = await here.person("ana", PHONE);
    const list = ana.page.getByRole("navigation");
    await list.getByRole("link", { name: "One" }).waitFor();
    const before = await entries(ana);
    for (const title of ["One", "Two", "Three"]) {
      await ana.enter(title);
      await ana.page.getByRole("button", { name: "All rooms" }).click();
      await list.waitFor();
    }
    expect(await entries(ana)).toBe(before + 1);
  });

  it("leads from a room made in a dialog to the list, and not to the dialog", async () => {
    const ana = await here.person("ana", PHONE);
    await ana.page.getByRole("button", { name: "New…" }).click();
    await ana.page.getByRole("menuitem", { name: "Make a room" }).click();
    await ana.page.getByLabel("Title").fill("Shed");
    await ana.page.getByRole("button", { name: "Make room" }).click();
    await ana.page.getByRole("heading", { name: "Shed", level: 1 }).waitFor();
    await ana.page.goBack();
    await ana.page.getByRole("navigation").waitFor();
    expect(await ana.page.getByRole("dialog").count()).toBe(0);
    await ana.page.goForward();
    await ana.page.getByRole("heading", { name: "Shed", level: 1 }).waitFor();
    expect(await ana.page.getByRole("dialog").count()).toBe(0);
  });

  it("does not lead to a dialog that a reload has closed", async () => {
    const ana = await here.person("ana", PHONE);
    await ana.enter(/General/);
    await ana.page.getByRole("button", { name: /^Members/ }).click();
    await ana.page.getByRole("dialog", { name: "Members" }).waitFor();
    await ana.page.reload();
    await ana.connected();
    await ana.page.getByRole("heading", { name: "General", level: 1 }).waitFor();
    await expect.poll(() => ana.page.evaluate(() => history.state?.layers ?? 0), { timeout: 30_000 }).toBe(0);
    await ana.page.goBack();
    await ana.page.getByRole("navigation").waitFor();
  });
});
