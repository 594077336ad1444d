import { describe, expect, it } from "vitest";
import { world } from "./support/world";

describe("rooms", () => {
  const here = world("ana", "bo", "cyd");

  it("private ones are seen by those who were added, for as long as they are in", async () => {
    const ana = await here.person("ana");
    const bo = await here.person("bo");
    const seenByBo = bo.page.getByRole("navigation").getByRole("link", { name: /Secret garden/ });

    await ana.composer.waitFor();
    await ana.page.getByRole("button", { name: "New…" }).click();
    await ana.page.getByRole("menuitem", { name: "Make a room" }).click();
    await ana.page.getByLabel("Title").fill("Secret garden");
    expect(await ana.page.getByLabel("Topic").inputValue()).toBe("secret-garden");
    await ana.page.getByLabel("Topic").fill("home/secret-garden");
    await ana.page.getByLabel("Private").check();
    await ana.page.getByRole("button", { name: "Make room" }).click();
    await ana.page.getByRole("heading", { name: "Secret garden", level: 1 }).waitFor();
    await ana.say("before bo");
    expect(await seenByBo.count()).toBe(0);

    await ana.page.getByRole("button", { name: /^Members/ }).click();
    const members = ana.page.getByRole("complementary", { name: "Members" });
    await members.getByLabel("Add somebody").fill("bo");
    await members.getByRole("button", { name: "Add", exact: true }).click();
    const bosRow = members.getByRole("listitem").filter({ hasText: "bo" });
    await bosRow.waitFor();
    await seenByBo.click();
    await bo.sees("before bo");
    await bo.say("thank you");
    await ana.sees("thank you");
    await bo.log.getByText("ana added bo").waitFor();

    // The client of a removed member requests the room and gets a 404.
    bo.expected.push(/status of 404/);
    await members.getByRole("button", { name: "Actions for bo" }).click();
    await ana.page.getByRole("menuitem", { name: "Remove from this room" }).click();
    const question = ana.page.getByRole("alertdialog", { name: "Remove bo?" });
    await question.getByRole("button", { name: "Cancel" }).click();
    await question.waitFor({ state: "detached" });
    await bosRow.waitFor();
    await bosRow.click({ button: "right" });
    await ana.page.getByRole("menuitem", { name: "Remove from this room" }).click();
    await question.getByRole("button", { name: "Remove" }).click();
    await seenByBo.waitFor({ state: "detached" });
    await bo.page.getByRole("heading", { name: /not in home\/secret-garden/ }).waitFor();
    await ana.log.getByText(/ana removed bo/).waitFor();
  });

  it("public ones are found, joined, left and joined again", async () => {
    const script = await here.script("ana");
    await script.post("/rooms", { topic: "books", title: "Books", purpose: "What are you reading?" });
    await script.say("books", "Middlemarch, again");

    const bo = await here.person("bo");
    await bo.page.getByRole("button", { name: "Browse rooms" }).click();
    await bo.page.getByText("What are you reading?").waitFor();
    await bo.page.getByRole("button", { name: "Join Books" }).click();
    await bo.sees("Middlemarch, again");
    await bo.say("Good choice");

    await bo.page.getByRole("button", { name: "Room menu" }).click();
    await bo.page.getByRole("menuitem", { name: "Leave room" }).click();
    await bo.page.getByRole("button", { name: "Leave", exact: true }).click();
    await bo.page.getByRole("navigation").getByRole("link", { name: /Books/ }).waitFor({ state: "detached" });
    await bo.page.getByRole("heading", { name: "General", level: 1 }).waitFor();

    await bo.page.goto(`${here.server.url}/#/books`);
    await bo.page.getByRole("button", { name: "Join" }).click();
    await bo.sees("Good choice");
    await bo.log.getByText(/bo left, bo joined/).waitFor();
  });

  it("direct conversations begin with a click on somebody", async () => {
    const ana = await here.person("ana");
    const cyd = await here.person("cyd");
    await ana.page.getByRole("list", { name: "People" }).getByRole("button", { name: /^cyd/ }).click();
    await ana.page.getByRole("heading", { name: "cyd", level: 1 }).waitFor();
    await ana.say("psst");
    const row = cyd.page.getByRole("list", { name: "Direct messages" }).getByRole("link", { name: /ana/ });
    await row.getByText("1 unread").waitFor();
    await row.click();
    await cyd.sees("psst");
    await ana.message("psst").getByLabel("Seen").waitFor();
    await cyd.say("yes?");
    await ana.sees("yes?");
  });

  it("are changed by who owns them, for everybody at once", async () => {
    const script = await here.script("ana");
    await script.post("/rooms", { topic: "plans", title: "Plans" });
    await script.post("/members/plans", { name: "bo" });
    const ana = await here.person("ana");
    const bo = await here.person("bo");
    await bo.enter(/Plans/);
    await ana.enter(/Plans/);
    await ana.page.getByRole("button", { name: "Room menu" }).click();
    await ana.page.getByRole("menuitem", { name: "Edit room" }).click();
    await ana.page.getByLabel("Title").fill("Grand plans");
    await ana.page.getByRole("button", { name: "Save" }).click();
    await bo.page.getByRole("heading", { name: "Grand plans", level: 1 }).waitFor();
    await bo.page.getByRole("button", { name: "Room menu" }).click();
    await bo.page.getByRole("menuitem", { name: "Leave room" }).waitFor();
    expect(await bo.page.getByRole("menuitem", { name: "Edit room" }).count()).toBe(0);
  });

  it("stand where they stay as soon as they are drawn", async () => {
    const script = await here.script("cyd");
    // More than with two lines each.
    for (let room = 1; room <= 24; room += 1)
      await script.post("/rooms", { topic: `shelf/${room}`, title: `Shelf ${room}` });
    const cyd = await here.person("cyd");
    const { page } = cyd;
    await page.addInitScript(() => {
      const moved: string[] = [];
      Object.assign(window, { moved });
      new PerformanceObserver((entries) => {
        for (const { sources } of entries.getEntries() as (PerformanceEntry & {
          readonly sources: readonly { readonly node?: Node }[];
        })[])
          for (const { node } of sources)
            if (node?.parentElement?.closest("nav")) moved.push(node.textContent ?? "");
      }).observe({ type: "layout-shift", buffered: true });
    });
    // The second time it has what the first one left.
    for (const visit of ["first", "second"]) {
      await page.reload();
      await cyd.connected();
      await page
        .getByRole("navigation")
        .getByRole("link", { name: /^Shelf/ })
        .first()
        .waitFor();
      const moved = await page.evaluate(() => (window as { moved?: string[] }).moved);
      expect([visit, moved]).toEqual([visit, []]);
    }
  });
});
