import { describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { BROKERS, worldOver } from "./support/world";

const at = (person: Person, seq: number) => person.log.locator(`[data-seq="${seq}"]`);

describe.each(BROKERS)("what becomes of messages, %s,", (broker) => {
  const here = worldOver(broker, "ana", "bo");

  it("is seen at once, and after a reload", async () => {
    const ana = await here.person("ana");
    const bo = await here.person("bo");
    await ana.enter(/general/i);
    await bo.enter(/general/i);
    await bo.say("Supper at sven");
    await ana.sees("Supper at sven");
    const supper = await ana.seqOf("Supper at sven");
    await ana.answer("Supper at sven");
    await ana.say("I’ll be there");
    await bo.sees("I’ll be there");
    const answer = await ana.seqOf("I’ll be there");
    const script = await here.script("bo");

    await script.edit("general", supper, "Supper at seven");
    await at(ana, supper).getByText("Supper at seven").waitFor();
    await at(ana, supper).getByText("edited", { exact: true }).waitFor();

    await script.react("general", supper, "🎉");
    const chip = (person: Person) => at(person, supper).getByRole("button", { name: /^🎉/ });
    await chip(ana).click();
    await chip(bo)
      .and(bo.page.getByRole("button", { name: "🎉 2: You and ana" }))
      .waitFor();
    await chip(ana).and(ana.page.locator("[aria-pressed=true]")).waitFor();
    await ana.page.reload();
    await ana.connected();
    await chip(ana)
      .and(ana.page.getByRole("button", { name: "🎉 2: You and bo" }))
      .waitFor();
    await at(ana, supper).getByText("edited", { exact: true }).waitFor();
    await chip(ana).click();
    await chip(bo)
      .and(bo.page.getByRole("button", { name: "🎉 1: You" }))
      .waitFor();
    await chip(bo).click();
    await chip(ana).waitFor({ state: "detached" });

    await at(bo, supper).hover();
    await at(bo, supper).getByRole("button", { name: "Message menu" }).click();
    await bo.page.getByRole("menuitem", { name: "Delete" }).click();
    const dialog = bo.page.getByRole("dialog", { name: "Delete this message?" });
    await dialog.getByRole("button", { name: "Delete" }).click();
    for (const person of [ana, bo]) {
      await at(person, supper).getByText("Message deleted", { exact: true }).waitFor();
      await at(person, answer).locator("[data-quote]").getByText("Message deleted").waitFor();
      expect(await at(person, supper).getByRole("button").filter({ hasNotText: /^bo$/ }).count()).toBe(0);
    }
    await ana.page.reload();
    await ana.connected();
    await at(ana, supper).getByText("Message deleted", { exact: true }).waitFor();
    await at(ana, answer).locator("[data-quote]").getByText("Message deleted").waitFor();
    expect(await ana.page.content()).not.toContain("Supper");
  });

  it("while nobody is there is caught up with, and is nothing unread", async () => {
    const script = await here.script("ana");
    await script.post("/rooms", { topic: "plans", title: "Plans" });
    await script.post("/members/plans", { name: "bo" });
    const bo = await here.person("bo");
    await bo.enter(/Plans/);
    for (const text of ["first", "second", "third"]) await script.say("plans", text);
    await bo.sees("third");
    const [first, second] = [await bo.seqOf("first"), await bo.seqOf("second")];
    await bo.enter(/general/i);
    await script.edit("plans", first, "the very first");
    await script.react("plans", first, "👍");
    await script.delete("plans", second);
    // Sent last: once it has arrived, everything before it has arrived too.
    await script.say("plans", "fourth");
    const row = bo.page.getByRole("navigation").getByRole("link", { name: /Plans/ });
    await row.getByText("fourth").waitFor();
    await row.getByText("1 unread").waitFor();
    await bo.enter(/Plans/);
    await at(bo, first).getByText("the very first").waitFor();
    await at(bo, first).getByRole("button", { name: "👍 1: ana" }).waitFor();
    await at(bo, second).getByText("Message deleted").waitFor();
    expect(await bo.log.getByRole("article").count()).toBe(4);
  });
});
