import { describe, expect, it } from "vitest";
import { picture } from "./support/picture";
import { world } from "./support/world";

/** Everything in this browser's database and key-value storage, as text. */
const kept = (page: import("playwright-core").Page): Promise<string> =>
  page.evaluate(async () => {
    const found: unknown[] = [{ ...localStorage }];
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((opened, failed) => {
        const request = indexedDB.open(name ?? "");
        request.onsuccess = () => opened(request.result);
        request.onerror = () => failed(request.error);
      });
      for (const store of db.objectStoreNames)
        found.push(
          await new Promise((read, failed) => {
            const request = db.transaction(store).objectStore(store).getAll();
            request.onsuccess = () => read(request.result);
            request.onerror = () => failed(request.error);
          }),
        );
      db.close();
    }
    return JSON.stringify(found);
  });

describe("a visit after the first", () => {
  const here = world("ana", "bo");

  it("opens without a server: reads, writes, and sends once it is back", async () => {
    const ana = await here.person("ana");
    const bo = await here.script("bo");
    ana.expectNoNetwork();
    await ana.enter(/general/i);
    for (const text of ["Is the kettle on?", "It whistles"]) await bo.say("general", text);
    await ana.sees("It whistles");
    await ana.composer.fill("Half a sentence");
    await ana.page.getByLabel("Files to attach").setInputFiles({
      name: "cup.png",
      mimeType: "image/png",
      buffer: picture(40, 30),
    });
    await ana.page.getByRole("list", { name: "Attached" }).getByRole("img").waitFor();
    await ana.answer("Is the kettle on?");
    await expect.poll(() => kept(ana.page)).toMatch(/"Half a sentence".*"quote"/);
    // The service worker has everything that the page is made of.
    await ana.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });

    await here.server.kill();
    await ana.page.reload();
    await ana.sees("It whistles");
    expect(await ana.composer.inputValue()).toBe("Half a sentence");
    await ana.page.getByRole("list", { name: "Attached" }).getByRole("img").waitFor();
    await ana.page.getByText("Replying to bo").waitFor();
    await ana.page.getByText("No connection.").waitFor();
    await ana.shot("offline-opened");
    await ana.composer.press("Enter");
    await ana.composer.fill("And another");
    await ana.composer.press("Enter");
    await ana.message("And another").waitFor();
    await ana.page.reload();
    await ana.message("And another").waitFor();
    expect(await ana.composer.inputValue()).toBe("");

    await here.server.up();
    await ana.connected();
    await ana.sent();
    const { messages } = await bo.get<{ messages: { text: string; original_message?: { seq: number } }[] }>(
      "/messages/general",
    );
    expect(messages.map(({ text }) => text)).toEqual([
      "Is the kettle on?",
      "It whistles",
      "Half a sentence",
      "And another",
    ]);
    expect(messages[2]?.original_message?.seq).toBeGreaterThan(0);
  });

  it("begins at what is new, and takes what was changed and deleted meanwhile", async () => {
    const ana = await here.person("ana");
    const bo = await here.script("bo");
    await bo.post("/rooms", { topic: "walks", title: "Walks" });
    await bo.post("/members/walks", { name: "ana" });
    for (let at = 1; at <= 30; at += 1) await bo.say("walks", `old ${at}`);
    // What arrives while the room is open counts as read.
    const listed = ana.page.getByRole("navigation").getByRole("link", { name: /Walks/ });
    await listed.getByText("30 unread").waitFor();
    await ana.enter(/Walks/);
    await ana.sees("old 1");
    await ana.page.getByRole("button", { name: "Go to the newest message" }).click();
    await ana.sees("old 30");
    await ana.page.goto("about:blank");
    for (let at = 1; at <= 60; at += 1) await bo.say("walks", `new ${at}`);
    const { messages } = await bo.get<{ messages: { seq: number; text: string }[] }>(
      "/messages/walks?limit=100",
    );
    const seqOf = (wanted: string) => messages.find(({ text }) => text === wanted)?.seq ?? 0;
    await bo.edit("walks", seqOf("old 29"), "edited 29");
    await bo.delete("walks", seqOf("old 30"));

    await ana.page.goto(here.server.url);
    await ana.page.getByText("New messages", { exact: true }).waitFor();
    await ana.sees("new 1");
    await ana.sees("edited 29");
    await ana.message("old 30").waitFor({ state: "detached" });
    // What is below the window is not read.
    await ana.page.getByRole("button", { name: "Go to the newest message" }).waitFor();
  });

  it("stays at the newest message if somebody goes there before the server answers", async () => {
    const ana = await here.person("ana");
    const bo = await here.script("bo");
    await bo.post("/rooms", { topic: "lane", title: "Lane" });
    await bo.post("/members/lane", { name: "ana" });
    for (let at = 1; at <= 60; at += 1) await bo.say("lane", `line ${at}`);
    const row = ana.page.getByRole("navigation").getByRole("link", { name: /Lane/ });
    await row.getByText("60 unread").waitFor();
    await ana.enter(/Lane/);
    const toEnd = ana.page.getByRole("button", { name: "Go to the newest message" });
    await toEnd.waitFor();

    let answer = () => {};
    const held = new Promise<void>((done) => {
      answer = done;
    });
    await ana.page.route(
      ({ pathname }) => pathname === "/rooms",
      (route) => held.then(() => route.continue()),
    );
    await ana.page.reload();
    await ana.log.getByText("New messages").waitFor();
    await toEnd.click();
    await ana.sees("line 60");
    answer();
    await ana.connected();
    await row.getByText("unread").waitFor({ state: "detached" });
    await ana.message("line 60").waitFor();
    await toEnd.waitFor({ state: "detached" });
  });

  it("shows nothing of whoever signed out", async () => {
    const ana = await here.person("ana");
    await ana.enter(/general/i);
    await ana.say("a secret for general");
    await ana.composer.fill("a secret thought");
    await ana.page
      .getByRole("button", { name: /^Signed in as ana|settings/i })
      .first()
      .click();
    await ana.page.getByRole("button", { name: "Sign out" }).click();
    await ana.page.getByRole("button", { name: "Sign in" }).waitFor();
    const left = await kept(ana.page);
    expect(left).not.toMatch(/secret|general|ana/);
    await ana.page.reload();
    await ana.page.getByRole("button", { name: "Sign in" }).waitFor();
  });
});
