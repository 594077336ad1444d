import type { BrokerInfo } from "@chinwag/protocol";
import { describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { PASSWORD, world } from "./support/world";

/**
 * Simulates a broker without wildcards, where clients subscribe to each topic; the embedded broker accepts that too.
 */
describe("a broker that wants every topic by name", () => {
  const here = world("ana", "bo", "cyd");

  const byName = async (name: string): Promise<Person> => {
    const person = await here.visitor();
    await person.page.route(/\/broker$/, (route) => {
      const info: BrokerInfo = { username: name, wildcards: false, stored_on_ack: true };
      return route.fulfill({ json: info });
    });
    await person.signIn(name, PASSWORD);
    return person;
  };

  it("carries talk, typing, presence and what was read", async () => {
    const ana = await byName("ana");
    const bo = await byName("bo");
    await ana.enter(/general/i);
    await bo.enter(/general/i);
    await ana.page
      .getByRole("list", { name: "People" })
      .getByRole("listitem")
      .filter({ hasText: "bo" })
      .locator("[data-presence=online]")
      .waitFor();
    await bo.composer.pressSequentially("Is the kettle on?");
    await ana.page.getByText("bo is typing").waitFor();
    await bo.composer.press("Enter");
    await ana.sees("Is the kettle on?");
    await ana.say("It is");
    await bo.sees("It is");
  });

  it("is followed into rooms that are joined, and out of those that are left", async () => {
    const ana = await byName("ana");
    const bo = await byName("bo");
    const script = await here.script("cyd");
    await script.post("/rooms", { topic: "team/plans", title: "Plans" });
    await script.say("team/plans", "said before anybody came");
    await script.post("/members/team/plans", { name: "ana" });
    await script.post("/members/team/plans", { name: "bo" });
    await ana.enter(/Plans/);
    await ana.sees("said before anybody came");
    await bo.enter(/Plans/);
    await script.say("team/plans", "said to both");
    await ana.sees("said to both");
    await bo.sees("said to both");
    await bo.composer.pressSequentially("hm");
    await ana.page.getByText("bo is typing").waitFor();

    await ana.page.getByRole("button", { name: "Room menu" }).click();
    await ana.page.getByRole("menuitem", { name: "Leave room" }).click();
    await ana.page.getByRole("button", { name: "Leave", exact: true }).click();
    const row = ana.page.getByRole("navigation").getByRole("link", { name: /Plans/ });
    await row.waitFor({ state: "detached" });
    await bo.say("without ana");
    await ana.say("still here");
    expect(await row.count()).toBe(0);
  });
});
