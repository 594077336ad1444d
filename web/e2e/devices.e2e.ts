import { describe, expect, it } from "vitest";
import { world } from "./support/world";

describe("one person at several devices", () => {
  const here = world("ana", "bo");

  it("is there for as long as one of them is", async () => {
    const ana = await here.person("ana");
    const bo = ana.page.getByRole("list", { name: "People" }).getByRole("listitem").filter({ hasText: "bo" });
    const desk = await here.person("bo");
    const phone = await here.person("bo", { viewport: { width: 390, height: 844 } });
    await bo.locator("[data-presence=online]").waitFor();
    await desk.page.context().close();
    await phone.enter(/general/i);
    await phone.say("Only the phone is left");
    await ana.sees("Only the phone is left");
    expect(await bo.locator("[data-presence=online]").count()).toBe(1);
    await phone.page.context().close();
    await bo.locator("[data-presence=offline]").waitFor();
  });

  it("has read on all what was read on one", async () => {
    const script = await here.script("bo");
    const desk = await here.person("ana");
    const second = await here.person("ana");
    await script.post("/rooms", { topic: "news", title: "News" });
    await script.post("/members/news", { name: "ana" });
    await script.say("news", "Hot off the press");
    const unread = (person: typeof desk) =>
      person.page.getByRole("navigation").getByRole("link", { name: /News/ }).getByText("1 unread");
    await unread(desk).waitFor();
    await unread(second).waitFor();
    await desk.enter(/News/);
    await desk.sees("Hot off the press");
    await unread(second).waitFor({ state: "detached" });
    await desk.say("Thanks, bo");
    await second.enter(/News/);
    await second.sees("Thanks, bo");
    expect(await second.message("Thanks, bo").getAttribute("aria-label")).toMatch(/^You/);
  });
});
