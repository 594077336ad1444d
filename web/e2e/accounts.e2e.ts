import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { PASSWORD, world } from "./support/world";

/** What this browser keeps of the people who used it: names in its storage and entries in its databases. */
const traces = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const found = Object.keys(localStorage).filter((key) => /draft|last-room/.test(key));
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name ?? "");
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      for (const store of db.objectStoreNames) {
        const keys = await new Promise<IDBValidKey[]>((resolve) => {
          const request = db.transaction(store).objectStore(store).getAllKeys();
          request.onsuccess = () => resolve(request.result);
        });
        found.push(...keys.map((key) => `${store} ${key}`));
      }
      db.close();
    }
    return found;
  });

/** A second tab of the same browser. */
const tabOf = async (person: Person): Promise<Page> => {
  const tab = await person.page.context().newPage();
  await tab.goto(person.page.url());
  return tab;
};

describe("a browser that several people use", () => {
  const here = world("ana", "bo");

  it("signs out in every tab, says why, and keeps nothing", async () => {
    const ana = await here.person("ana");
    await ana.enter(/general/i);
    const second = await tabOf(ana);
    await second.locator("[data-connection=live]").waitFor({ state: "attached" });
    ana.expectNoNetwork();
    await ana.page.context().setOffline(true);
    await ana.say("never to be sent");
    await ana.composer.fill("half a thought");
    await ana.page.getByRole("button", { name: "Settings" }).click();
    await ana.page.getByText("One message has not been sent yet").waitFor();
    await ana.page.context().setOffline(false);
    // While the page asks for the sign-out, the message may be sent after all; then there is nothing to wipe.
    await ana.page.getByRole("button", { name: "Sign out" }).click();
    await ana.page.getByText("Sign in to pick up where you left off.").waitFor();
    await second.getByText("You signed out in another tab.").waitFor();
    await expect.poll(() => traces(ana.page)).toEqual([]);
    expect(new URL(second.url()).hash).toBe("");
  });

  it("ends one person's chat when another signs in, and shows neither the other's", async () => {
    const ana = await here.person("ana");
    await ana.enter(/general/i);
    await ana.page.getByRole("button", { name: "Settings" }).waitFor();
    await ana.page.context().clearCookies();
    const second = await tabOf(ana);
    await second.getByLabel("Name").fill("bo");
    await second.getByLabel("Password").fill(PASSWORD);
    await second.getByRole("button", { name: "Sign in" }).click();
    await second.locator("[data-connection=live]").waitFor({ state: "attached" });
    await ana.page.getByText("Somebody else signed in to this browser.").waitFor();
    expect(await ana.page.getByRole("navigation").count()).toBe(0);
  });

  it("ends one person's chat when it reconnects and the cookie has become another's", async () => {
    const ana = await here.person("ana");
    await ana.enter(/general/i);
    const { page } = ana;
    // Not by this page, which would tell its other tabs.
    const data = { username: "bo", password: PASSWORD };
    const { status } = await page.evaluate(async (data) => {
      const headers = { "content-type": "application/json" };
      const answer = await fetch("session", { method: "POST", headers, body: JSON.stringify(data) });
      return { status: answer.status };
    }, data);
    expect(status).toBe(201);
    await page.evaluate(() => {
      dispatchEvent(new Event("offline"));
      dispatchEvent(new Event("online"));
    });
    await page.getByText("Somebody else signed in to this browser.").waitFor();
    expect(await page.getByRole("navigation").count()).toBe(0);
  });

  it("says so when the sign-in was ended", async () => {
    const ana = await here.person("ana");
    await ana.enter(/general/i);
    await ana.page.context().clearCookies();
    await ana.page.evaluate(() => {
      dispatchEvent(new Event("offline"));
      dispatchEvent(new Event("online"));
    });
    await ana.page.getByText("You were signed out").waitFor();
    await expect.poll(() => traces(ana.page)).toEqual([]);
  });
});

describe("a message that has to wait", () => {
  const here = world("ana", "bo");

  it("says so as soon as the network is gone", async () => {
    const ana = await here.person("ana");
    await ana.enter(/general/i);
    ana.expectNoNetwork();
    await ana.page.context().setOffline(true);
    // The keep-alive would notice after 45 seconds.
    await ana.page
      .locator("[data-connection]:not([data-connection=live])")
      .waitFor({ state: "attached", timeout: 25_000 });
    await ana.say("later, then");
    await ana.page.context().setOffline(false);
    await ana.connected();
    await ana.sent();
  });

  it("says what it waits for when a proxy has no server behind it, and is sent by itself", async () => {
    const ana = await here.person("ana");
    await ana.enter(/general/i);
    ana.expected.push(/status of 502/);
    let refused = 0;
    await ana.page.route("**/media?*", async (route) => {
      refused += 1;
      if (refused < 3) await route.fulfill({ status: 502, body: "<html>Bad gateway</html>" });
      else await route.continue();
    });
    await ana.page
      .getByLabel("Files to attach")
      .setInputFiles([{ name: "list.txt", mimeType: "text/plain", buffer: Buffer.from("tea, milk") }]);
    await ana.say("The list");
    await ana.page.getByText(/Waiting to be sent\. The server can’t do that right now/).waitFor();
    await ana.shot("delayed");
    await ana.sent();
    expect(refused).toBe(3);
    await ana
      .message("The list")
      .getByRole("link", { name: /list\.txt/ })
      .waitFor();
  });

  it("keeps its whole text when its room is gone before it can be sent", async () => {
    const owner = await here.script("ana");
    await owner.post("/rooms", { topic: "attic", title: "Attic", private: true });
    await owner.post("/members/attic", { name: "bo" });
    const bo = await here.person("bo");
    await bo.enter(/Attic/);
    bo.expectNoNetwork();
    bo.expected.push(/status of 404/);
    await bo.page.context().setOffline(true);
    const long = `What I found up there: ${"a box of letters, ".repeat(20)}and a clock.`;
    await bo.say(long);
    await owner.remove("attic", "bo");
    await bo.page.context().setOffline(false);
    await bo.page.getByRole("heading", { name: "You’re not in attic" }).waitFor();
    await bo.enter(/General/);
    await bo.shot("unsent-elsewhere");
    await bo.page.getByRole("link", { name: "Look at it" }).click();
    const unsent = bo.page.getByRole("region", { name: "Not sent" });
    await unsent.getByText("and a clock.").waitFor();
    await bo.shot("unsent");
    await unsent.getByRole("button", { name: "Discard" }).click();
    await unsent.waitFor({ state: "detached" });
    await expect
      .poll(() => traces(bo.page).then((all) => all.filter((key) => key.startsWith("outbox"))))
      .toEqual([]);
  });
});
