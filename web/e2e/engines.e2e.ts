import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { SHOTS } from "./support/browser";
import { ENGINES } from "./support/engines";
import { picture } from "./support/picture";
import { PASSWORD, Script } from "./support/script";
import { Server } from "./support/server";
import { type DrivenPage, KEY } from "./support/webdriver";
import { slug } from "./support/world";

const COMPOSER = "textarea[aria-label^='Message ']";
const OLD = 60;

const TO_END = "[aria-label='Go to the newest message']";

/** What browsers write without a fault of the page. */
const EXPECTED = [
  // The page asks who is signed in.
  /status of 401/,
  // The list of messages is virtual.
  /scroll-linked positioning effect/,
  // What a reload interrupts is written by the next page.
  /IndexedDB transaction that was not yet complete has been aborted due to page navigation/,
];

/** The messages, in the page. */
const LOG = "document.querySelector('section[aria-label^=Messages]')";

// Where a browser is missing, its journey says what to install. `scripts/setup test` installs it.
for (const { name, missing, open } of ENGINES) {
  const title = missing === undefined ? `in ${name}` : `in ${name}, skipped: install ${missing}`;
  describe.skipIf(missing !== undefined)(title, () => {
    let server: Server;
    let page: DrivenPage;
    let bo: Script;
    let files: string;

    beforeAll(async () => {
      server = await Server.start();
      for (const person of ["ana", "bo"]) await server.addUser(person, PASSWORD);
      bo = await Script.signIn(server.url, "bo");
      await bo.post("/rooms", { topic: "garden", title: "Garden" });
      await bo.post("/members/garden", { name: "ana" });
      for (let i = 0; i < OLD; i += 1) await bo.say("garden", `line ${i}`);
      const { seq } = (await bo.say("general", "Who takes the bins out?")) as { seq: number };
      await bo.react("general", seq, "🎉");
      files = await mkdtemp(join(tmpdir(), "chinwag-files-"));
      await writeFile(join(files, "sunset.png"), picture(300, 200));
      page = await open();
    });
    afterEach(async ({ task }) => {
      if (task.result?.state !== "fail") return;
      await mkdir(SHOTS, { recursive: true });
      await writeFile(join(SHOTS, `failed-${name}-${slug(task.name)}.png`), await page.screenshot());
    });
    afterAll(async () => {
      await page?.end();
      await server?.end();
      await rm(files, { recursive: true, force: true });
    });

    it("one signs in, reads, writes and is answered", async () => {
      await page.goto(server.url);
      await page.type("[name=username]", "ana");
      await page.type("[name=password]", PASSWORD);
      await page.click("button", "Sign in");
      await page.sees("[data-connection=live]");
      await page.click("nav a", "General");
      await page.sees("article", "Who takes the bins out?");
      await page.type(COMPOSER, `Me, I suppose${KEY.enter}`);
      await page.sees("article:has([aria-label=Sent])", "Me, I suppose");
      await page.until("document.querySelector(arguments[0]).value === ''", COMPOSER);
      await bo.say("general", "Thank you");
      await page.sees("article", "Thank you");
    });

    it("one reacts, and sends a picture", async () => {
      await page.click("article button[aria-pressed=false]", "🎉");
      await page.sees("article button[aria-pressed=true]", "🎉2");
      await page.choose("input[type=file]", join(files, "sunset.png"));
      await page.sees("[aria-label=Attached] img");
      await page.type(COMPOSER, "From the hill");
      await page.click("[aria-label=Send]");
      await page.sees("article:has([aria-label=Sent])", "From the hill");
      await page.until("document.querySelector('article img[alt=\"sunset.png\"]').naturalWidth > 0");
      await page.click("[aria-label='Look at sunset.png']");
      await page.sees("[role=dialog] img[alt='sunset.png']");
      await page.type("body", KEY.escape);
      await page.until("document.querySelector('[role=dialog]') === null");
    });

    it("one changes the room, scrolls, and finds everything again", async () => {
      await page.click("nav a", "Garden");
      await page.click(TO_END);
      await page.until("document.querySelector(arguments[0]) === null", TO_END);
      await page.sees("article", `line ${OLD - 1}`);
      // Again and again, as people scroll: the list may still be on its way to the end.
      await page.until(`${LOG}.scrollTo(0, 0), document.querySelector(arguments[0]) !== null`, TO_END);
      await page.until(
        `${LOG}.scrollTo(0, 0), [...document.querySelectorAll("article")].some((row) => row.innerText.includes("line 0"))`,
      );
      await page.click("nav a", "General");
      await page.sees("article", "From the hill");
      await page.click("nav a", "Garden");
      await page.sees(TO_END);
      await page.sees("article", "line 0");
      // WebKit does not always send what a page publishes while it is left.
      const ana = await Script.signIn(server.url, "ana");
      await expect.poll(async () => (await ana.get<{ unread: number }>("/rooms/garden")).unread).toBe(0);
      await page.reload();
      await page.sees("[data-connection=live]");
      await page.sees("main h1", "Garden");
      await page.sees("article", `line ${OLD - 1}`);
      await page.until("document.activeElement === document.querySelector(arguments[0])", COMPOSER);
    });

    it("Back leads out of what is open on a narrow window", async () => {
      await page.resize(500, 800);
      await page.click("[aria-label='All rooms']");
      await page.click("nav a", "General");
      await page.sees("main h1", "General");
      await page.click("[aria-label='Room menu']");
      await page.sees("[role=menu]");
      await page.back();
      await page.until("document.querySelector('[role=menu]') === null");
      await page.sees("main h1", "General");
      await page.back();
      await page.sees("nav a", "Garden");
      await page.until("document.documentElement.scrollWidth <= innerWidth");
    });

    it("the console stays empty", async () => {
      const unexpected = (error: string) => !EXPECTED.some((expected) => expected.test(error));
      expect((await page.errors()).filter(unexpected)).toEqual([]);
    });
  });
}
