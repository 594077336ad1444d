import { describe, expect, it } from "vitest";
import { BROKERS, worldOver } from "./support/world";

describe("Mosquitto", () => {
  const here = worldOver(BROKERS[1], "ana", "bo");

  it("may be killed in the middle, and costs nobody a message", async () => {
    const ana = await here.person("ana");
    const bo = await here.person("bo");
    for (const person of [ana, bo]) {
      person.expectNoNetwork();
      await person.enter(/general/i);
    }
    await ana.say("one");
    await bo.sees("one");
    await ana.composer.fill("two");
    await ana.composer.press("Enter");
    await here.mosquitto.kill();
    await ana.disconnected();
    await bo.disconnected();
    await ana.say("three, into the void");
    await bo.say("four, into the void");
    await here.mosquitto.up();
    await ana.connected();
    await bo.connected();
    await bo.say("five");
    for (const text of ["two", "three, into the void", "four, into the void", "five"]) {
      await ana.sees(text);
      await bo.sees(text);
    }
    for (const person of [ana, bo]) await person.sent();
    const log = await ana.wholeLog();
    expect(await bo.wholeLog()).toEqual(log);
    expect(new Set(log.map((line) => line.replace(/^\d+ /, ""))).size).toBe(log.length);
  });

  it("lets people into rooms and out of them as Chinwag says", async () => {
    const ana = await here.person("ana");
    const bo = await here.person("bo");
    const script = await here.script("ana");
    await script.post("/rooms", { topic: "cellar", title: "Cellar", private: true });
    await ana.enter(/Cellar/);
    await ana.say("before bo");
    await script.post("/members/cellar", { name: "bo" });
    await bo.enter(/Cellar/);
    await bo.sees("before bo");
    await ana.say("hello bo");
    await bo.sees("hello bo");
    await bo.say("hello ana");
    await ana.sees("hello ana");

    bo.expected.push(/status of 404/);
    await ana.page.getByRole("button", { name: /^Members/ }).click();
    await ana.page.getByRole("button", { name: "Actions for bo" }).click();
    await ana.page.getByRole("menuitem", { name: "Remove from this room" }).click();
    await ana.page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
    const row = bo.page.getByRole("navigation").getByRole("link", { name: /Cellar/ });
    await row.waitFor({ state: "detached" });
    await ana.say("without bo");
    await bo.connected();
    await bo.enter(/general/i);
    await bo.say("I’m still here");
    await ana.page
      .getByRole("navigation")
      .getByText(/I’m still here/)
      .waitFor();
    expect(await row.count()).toBe(0);
  });
});
