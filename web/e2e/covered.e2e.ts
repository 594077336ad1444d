import type { Room } from "@chinwag/protocol";
import { describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { PHONE } from "./support/phone";
import { picture } from "./support/picture";
import { world } from "./support/world";

describe("what covers the room", () => {
  const here = world("ana", "bo");

  /** What bo says while it is covered is unread, and read once it is in sight again. */
  const staysUnread = async ({ page }: Person, text: string): Promise<void> => {
    const script = await here.script("ana");
    const unread = async () => (await script.get<Room>("/rooms/general")).unread;
    await expect.poll(unread).toBe(0);
    await (await here.script("bo")).say("general", text);
    // The title has a dot as long as something is unread.
    await page.waitForFunction(() => /^• .*General/.test(document.title));
    expect(await unread()).toBe(1);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.title.startsWith("•"));
    await expect.poll(unread).toBe(0);
  };

  it("keeps what arrives under a dialog unread", async () => {
    const ana = await here.person("ana");
    await ana.enter(/General/);
    await ana.page.getByRole("button", { name: "Settings" }).click();
    await ana.page.getByRole("dialog").waitFor();
    await staysUnread(ana, "under the settings");
  });

  it("keeps what arrives under the picture viewer unread", async () => {
    const script = await here.script("bo");
    const id = await script.upload(picture(300, 200), "sunset.png");
    await script.post("/message", { topic: "general", attachments: [id] });
    const ana = await here.person("ana");
    await ana.enter(/General/);
    await ana.page.getByRole("button", { name: "Look at sunset.png" }).click();
    await ana.page.getByRole("dialog").waitFor();
    await staysUnread(ana, "under the picture");
  });

  it("keeps what arrives under the members unread on a phone", async () => {
    const ana = await here.person("ana", PHONE);
    await ana.enter(/General/);
    await ana.page.getByRole("button", { name: /^Members/ }).click();
    await ana.page.getByRole("dialog", { name: "Members" }).waitFor();
    await staysUnread(ana, "under the members");
  });
});
