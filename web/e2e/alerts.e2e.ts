import { describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { until } from "./support/process";
import { world } from "./support/world";

/** The notifications that are shown, as `title: text`. */
const shown = ({ page }: Person): Promise<string[]> =>
  page.evaluate(async () => {
    const worker = await navigator.serviceWorker.ready;
    return (await worker.getNotifications()).map(({ title, body }) => `${title}: ${body}`);
  });

describe("notifications", () => {
  const here = world("ana", "bo");

  it("tell about what is meant for me and stays unread, once they are switched on", async () => {
    const ana = await here.person("ana", { permissions: ["notifications"] });
    const bo = await here.script("bo");
    await bo.post("/direct", { name: "ana" });
    await ana.enter(/general/i);
    await ana.page.getByRole("button", { name: "Settings" }).click();
    const notify = ana.page.getByRole("switch", { name: "Show notifications" });
    await notify.check();
    await ana.shot("settings-notifications");
    await ana.page.keyboard.press("Escape");
    // Until the service worker is active, the page shows notifications itself, and nobody could list them.
    expect(await shown(ana)).toEqual([]);

    await bo.say("general", "For everybody");
    await bo.say("general", "For @ana");
    await ana.sees("For @ana");
    await bo.say("dm/ana/bo", "Lunch at *one*?");
    await until(async () => (await shown(ana)).length > 0);
    // What was on screen was read.
    expect(await shown(ana)).toEqual(["bo: Lunch at one?"]);

    await ana.page.evaluate(() => {
      location.hash = "#/dm/ana/bo";
    });
    await ana.page.getByRole("button", { name: "Settings" }).click();
    await notify.uncheck();
    await ana.page.keyboard.press("Escape");
    await ana.sees("Lunch at one?");
  });
});
