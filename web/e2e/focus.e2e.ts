import { describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { PHONE } from "./support/phone";
import { picture } from "./support/picture";
import { world } from "./support/world";

/** Waits until the focused element has this label or text. */
const focused = (person: Person, name: string | RegExp) =>
  expect
    .poll(
      () =>
        person.page.evaluate(() => {
          const active = document.activeElement;
          return active === document.body
            ? "<body>"
            : (active?.ariaLabel ?? active?.textContent ?? "nothing");
        }),
      { timeout: 30_000 },
    )
    .toMatch(name);

/** Opens something with Enter on the focused element, closes it with Escape, and checks that the focus is back. */
const opensAndCloses = async (
  person: Person,
  role: "dialog" | "alertdialog" | "menu",
  back: string | RegExp,
) => {
  await person.page.keyboard.press("Enter");
  const opened = person.page.getByRole(role);
  await opened.waitFor();
  await expect
    .poll(() => opened.evaluate((box) => box.contains(document.activeElement)), { timeout: 30_000 })
    .toBe(true);
  await person.page.keyboard.press("Escape");
  await opened.waitFor({ state: "detached" });
  await focused(person, back);
};

/** Opens a menu by keyboard and highlights one of its items. */
const highlight = async (person: Person, menu: string, item: string) => {
  await person.page.getByRole("button", { name: menu }).first().focus();
  await person.page.keyboard.press("Enter");
  const wanted = person.page.getByRole("menuitem", { name: item });
  await wanted.waitFor();
  await focused(person, /./);
  while (!(await wanted.evaluate((element) => element === document.activeElement)))
    await person.page.keyboard.press("ArrowDown");
};

describe("the focus", () => {
  const here = world("ana", "bo");

  it("returns to what opened a dialog or a menu", async () => {
    await here.server.command(
      ["user", "add", "cyd", "--admin", "--password-stdin"],
      "a good long sentence\n",
    );
    const cyd = await here.person("cyd");
    await cyd.composer.waitFor();
    await cyd.page.getByRole("button", { name: "New…" }).focus();
    await opensAndCloses(cyd, "menu", "New…");
    for (const item of ["New conversation", "Make a room", "Browse rooms", "Add a person"]) {
      await highlight(cyd, "New…", item);
      await opensAndCloses(cyd, "dialog", "New…");
    }
    for (const button of ["Browse rooms", "All people", "Settings"]) {
      await cyd.page.getByRole("button", { name: button }).focus();
      await opensAndCloses(cyd, "dialog", button);
    }
    await highlight(cyd, "Room menu", "Edit room");
    await opensAndCloses(cyd, "dialog", "Room menu");
    await highlight(cyd, "Room menu", "Leave room");
    await opensAndCloses(cyd, "alertdialog", "Room menu");
  });

  it("goes into the list of members and back to its button", async () => {
    await here.server.command(
      ["user", "add", "dan", "--admin", "--password-stdin"],
      "a good long sentence\n",
    );
    const dan = await here.person("dan");
    await dan.composer.waitFor();
    const button = dan.page.getByRole("button", { name: /^Members/ });
    await button.focus();
    await dan.page.keyboard.press("Enter");
    await focused(dan, "Members");
    await dan.page.getByRole("button", { name: "Actions for bo" }).waitFor();
    // The second time everything is loaded, so that the menu closes and the dialog opens at once.
    for (const _ of ["first", "second"]) {
      await highlight(dan, "Actions for bo", "Remove from this room");
      await opensAndCloses(dan, "alertdialog", "Actions for bo");
    }
    await dan.page.keyboard.press("Escape");
    await dan.page.getByRole("complementary").waitFor({ state: "detached" });
    await focused(dan, /^Members,/);
  });

  it("returns to the picture one looked at", async () => {
    const ana = await here.person("ana");
    await ana.page.getByLabel("Files to attach").setInputFiles([
      { name: "first.png", mimeType: "image/png", buffer: picture(300, 200) },
      { name: "second.png", mimeType: "image/png", buffer: picture(200, 300) },
    ]);
    await ana.page.getByRole("list", { name: "Attached" }).getByRole("img").last().waitFor();
    await ana.say("Two pictures");
    await ana.message("Two pictures").getByLabel("Sent").waitFor();
    await ana.page.getByRole("button", { name: "Look at first.png" }).focus();
    await ana.page.keyboard.press("Enter");
    const viewer = ana.page.getByRole("dialog");
    await viewer.getByRole("img", { name: "first.png" }).waitFor();
    await ana.page.keyboard.press("ArrowRight");
    await viewer.getByRole("img", { name: "second.png" }).waitFor();
    await ana.page.keyboard.press("Escape");
    await focused(ana, "Look at first.png");
  });

  it("is not lost when the list and the room replace each other on a phone", async () => {
    const ana = await here.person("ana", PHONE);
    const row = ana.page.getByRole("navigation").getByRole("link", { name: /General/ });
    await row.focus();
    await ana.page.keyboard.press("Enter");
    await ana.composer.waitFor();
    await focused(ana, "General");
    await ana.page.getByRole("button", { name: "All rooms" }).focus();
    await ana.page.keyboard.press("Enter");
    await row.waitFor();
    await focused(ana, /General/);
  });

  it("can skip the list of rooms", async () => {
    // A tablet with a keyboard: there, the composer does not take the focus by itself.
    const ana = await here.person("ana", { ...PHONE, viewport: { width: 1280, height: 800 } });
    await ana.composer.waitFor();
    await ana.page.reload();
    await ana.composer.waitFor();
    await ana.page.keyboard.press("Tab");
    await focused(ana, "Skip to the messages");
    await ana.page.keyboard.press("Enter");
    await focused(ana, /^General$/);
  });
});
