import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { until } from "./support/process";
import { BROKERS, worldOver } from "./support/world";

/** Another tab of a person, and the number of WebSockets that each of their tabs has open. */
const withTabs = async (person: Person) => {
  const sockets = new Map<Page, number>();
  const count = (page: Page) => {
    sockets.set(page, 0);
    page.on("websocket", (socket) => {
      sockets.set(page, (sockets.get(page) ?? 0) + 1);
      socket.on("close", () => sockets.set(page, (sockets.get(page) ?? 0) - 1));
    });
  };
  const open = async (): Promise<Page> => {
    const page = await person.page.context().newPage();
    count(page);
    await page.goto(person.page.url());
    await page.locator("[data-connection=live]").waitFor({ state: "attached" });
    return page;
  };
  count(person.page);
  await person.page.reload();
  await person.connected();
  return { open, of: (page: Page) => sockets.get(page) ?? 0 };
};

const message = (page: Page, text: string) => page.getByRole("article").filter({ hasText: text });

const say = async (page: Page, text: string): Promise<void> => {
  const box = page.getByRole("textbox", { name: /^Message / });
  await box.fill(text);
  await box.press("Enter");
};

describe.each(BROKERS)("several tabs of one person, %s,", (broker) => {
  const here = worldOver(broker, "ana", "bo");

  it("share one connection, which moves on when its tab is closed", async () => {
    const ana = await here.person("ana");
    const bo = await here.script("bo");
    await ana.enter(/general/i);
    const tabs = await withTabs(ana);
    const second = await tabs.open();
    const third = await tabs.open();
    expect([ana.page, second, third].map(tabs.of)).toEqual([1, 0, 0]);

    await bo.say("general", "to all tabs");
    for (const page of [ana.page, second, third]) await message(page, "to all tabs").waitFor();
    await say(third, "from the third");
    for (const page of [ana.page, second]) await message(page, "from the third").waitFor();
    await third.locator("[data-status]").first().waitFor({ state: "detached" });

    await ana.page.close();
    await until(async () => tabs.of(second) + tabs.of(third) === 1);
    await bo.say("general", "after it moved");
    await say(second, "from the second");
    for (const page of [second, third])
      for (const text of ["after it moved", "from the second"]) await message(page, text).waitFor();
    // What was said while it moved is there once.
    for (const page of [second, third]) expect(await message(page, "after it moved").count()).toBe(1);
    const { messages } = await bo.get<{ messages: { text: string }[] }>("/messages/general");
    expect(messages.filter(({ text }) => text.startsWith("from the"))).toHaveLength(2);
  });
});
