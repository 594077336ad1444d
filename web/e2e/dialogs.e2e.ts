import { describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { PHONE } from "./support/phone";
import { picture } from "./support/picture";
import { world } from "./support/world";

const LONG = `living-room-window-temperature-and-humidity-sensor-${"0123456789abc"}`;
const PASSWORD = "a good long sentence";

/** Whether the document and the open dialog are as wide as the screen at most. */
const fits = async (person: Person) => {
  const { document, screen, dialog } = await person.page.evaluate(() => {
    const box = globalThis.document
      .querySelector("[role=dialog], [role=alertdialog]")
      ?.getBoundingClientRect();
    return {
      document: globalThis.document.documentElement.scrollWidth,
      screen: globalThis.innerWidth,
      dialog: box && [box.left, box.right],
    };
  });
  expect(screen).toBe(390);
  expect(document).toBe(390);
  expect(dialog?.[0]).toBeGreaterThanOrEqual(0);
  expect(dialog?.[1]).toBeLessThanOrEqual(390);
};

describe("dialogs", () => {
  const here = world("ana", "bo");

  it("fit the screen of a phone, however long a name is", async () => {
    expect(LONG.length).toBe(64);
    await here.server.command(["user", "add", LONG, "--password-stdin"], `${PASSWORD}\n`);
    await here.server.command(
      ["user", "add", `${LONG.slice(0, 62)}zz`, "--admin", "--password-stdin"],
      `${PASSWORD}\n`,
    );
    const admin = await here.person(`${LONG.slice(0, 62)}zz`, PHONE);
    const { page } = admin;
    const close = async () => {
      await fits(admin);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    };
    await page.getByRole("list", { name: "People" }).getByText(LONG).waitFor();
    for (const item of ["New conversation", "Make a room", "Browse rooms", "Add a person"]) {
      await page.getByRole("button", { name: "New…" }).click();
      await page.getByRole("menuitem", { name: item }).click();
      await page.getByRole("dialog").waitFor();
      await close();
    }
    await page.getByRole("button", { name: "Settings" }).click();
    for (const tab of ["Password", "Sign-ins", "Devices", "General"]) {
      await page.getByRole("tab", { name: tab }).click();
      await page.getByRole("tabpanel", { name: tab }).waitFor();
      await fits(admin);
    }
    await close();
    await admin.enter(/General/);
    await page.getByRole("button", { name: /^Members/ }).click();
    await page.getByRole("dialog").getByText(LONG, { exact: true }).waitFor();
    await fits(admin);
    await page.getByRole("button", { name: `Actions for ${LONG}` }).click();
    await page.getByRole("menuitem", { name: /Remove/ }).click();
    await page.getByRole("alertdialog").waitFor();
    await fits(admin);
    await page.keyboard.press("Escape");
    await page.getByRole("alertdialog").waitFor({ state: "detached" });
    await close();

    const sunset = { name: `${LONG}.png`, mimeType: "image/png", buffer: picture(300, 200) };
    await page.getByLabel("Files to attach").setInputFiles([sunset]);
    await page.getByRole("list", { name: "Attached" }).getByRole("img").waitFor();
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByRole("button", { name: `Look at ${LONG}.png` }).click();
    await page.getByRole("dialog").getByRole("img").waitFor();
    const [right] = await page
      .getByRole("dialog")
      .locator("img, button")
      .evaluateAll((parts) => [Math.max(...parts.map((part) => part.getBoundingClientRect().right))]);
    expect(right).toBeLessThanOrEqual(390);
  });

  it("say in the page what is missing", async () => {
    const ana = await here.person("ana");
    await ana.page.getByRole("button", { name: "New…" }).click();
    await ana.page.getByRole("menuitem", { name: "Make a room" }).click();
    const title = ana.page.getByLabel("Title");
    await ana.page.getByRole("button", { name: "Make room" }).click();
    await ana.page.getByText("This can’t be empty.").first().waitFor();
    expect(await title.getAttribute("aria-invalid")).toBe("true");
    expect(await title.evaluate((field) => field === document.activeElement)).toBe(true);
    await title.fill("🎉🎉");
    await ana.page.getByText("Write one with letters or digits").waitFor();
    expect(await title.getAttribute("aria-invalid")).toBe(null);
  });

  it("let an administrator make an account for a name that is not known", async () => {
    await here.server.command(["user", "add", "cyd", "--admin", "--password-stdin"], `${PASSWORD}\n`);
    const cyd = await here.person("cyd");
    cyd.expected.push(/status of 404/);
    const script = await here.script("cyd");
    await script.post("/rooms", { topic: "plans", title: "Plans" });
    await cyd.enter(/Plans/);
    await cyd.page.getByRole("button", { name: /^Members/ }).click();
    const members = cyd.page.getByRole("complementary", { name: "Members" });
    await members.getByLabel("Add somebody").fill("eva");
    await members.getByRole("button", { name: "Add", exact: true }).click();
    await members.getByRole("button", { name: "Make an account for eva" }).click();
    const dialog = cyd.page.getByRole("dialog", { name: "Add a person" });
    expect(await dialog.getByLabel("Name", { exact: true }).inputValue()).toBe("eva");
    const password = await dialog.getByLabel("First password").inputValue();
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await dialog.getByText(`Password: ${password}`).waitFor();
    await expect
      .poll(() =>
        dialog.getByLabel("Name", { exact: true }).evaluate((field) => field === document.activeElement),
      )
      .toBe(true);
    await cyd.page.keyboard.press("Escape");
    await members.getByRole("listitem").filter({ hasText: "eva" }).waitFor();
    expect(await members.getByRole("alert").count()).toBe(0);

    const eva = await here.visitor();
    await eva.signIn("eva", password);
    await eva.page.getByRole("navigation").getByRole("link", { name: /Plans/ }).waitFor();
  });

  it("show where one is signed in, and end the others", async () => {
    const bo = await here.person("bo");
    const phone = await here.person("bo", {
      userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5) Safari/604.1",
    });
    await here.script("bo");
    await bo.page.getByRole("button", { name: "Settings" }).click();
    await bo.page.getByRole("tab", { name: "Sign-ins" }).click();
    const list = bo.page.getByRole("list", { name: "Sign-ins" });
    await list.getByText("Safari on iPhone").waitFor();
    await list
      .getByRole("listitem")
      .filter({ hasText: "This browser" })
      .getByText("Chrome on Linux")
      .waitFor();
    await bo.page.getByRole("button", { name: "End all others" }).click();
    await bo.page.getByRole("alertdialog").getByRole("button", { name: "End them" }).click();
    await bo.page.getByRole("alertdialog").waitFor({ state: "detached" });
    await list.getByText("Safari on iPhone").waitFor({ state: "detached" });
    await list.getByRole("listitem").filter({ hasText: "This browser" }).waitFor();
    expect(await list.getByRole("listitem").count()).toBe(1);
    await phone.page.getByRole("heading", { name: "Welcome back" }).waitFor();
  });

  it("ask before a token is revoked", async () => {
    const bo = await here.person("bo");
    await bo.page.getByRole("button", { name: "Settings" }).click();
    await bo.page.getByRole("tab", { name: "Devices" }).click();
    await bo.page.getByLabel("What is it for?").fill("Kettle");
    await bo.page.getByRole("button", { name: "Create" }).click();
    await bo.page
      .getByText(/mosquitto_pub -h 127\.0\.0\.1 -p \d+ -u bo -P chw_\S+ -t general -q 1/)
      .waitFor();
    const row = bo.page.getByRole("list", { name: "Access tokens" }).getByRole("listitem");
    await row.getByRole("button", { name: "Revoke Kettle" }).click();
    await bo.page.getByRole("alertdialog").getByRole("button", { name: "Cancel" }).click();
    await bo.page.getByRole("alertdialog").waitFor({ state: "detached" });
    expect(await row.count()).toBe(1);
    await row.getByRole("button", { name: "Revoke Kettle" }).click();
    await bo.page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
    await row.waitFor({ state: "detached" });
  });

  it("are not needed for a conversation with nobody", async () => {
    const ana = await here.person("ana");
    ana.expected.push(/status of 404/);
    await ana.page.goto(`${here.server.url}/#/dm/ana/zzz`);
    await ana.page.getByRole("heading", { name: "There is nobody called zzz" }).waitFor();
    await ana.page.goto(`${here.server.url}/#/dm/ana/bo`);
    await ana.page.getByRole("button", { name: "Message bo", exact: true }).click();
    await ana.composer.waitFor();
  });
});
