import type { Room } from "@chinwag/protocol";
import { beforeAll, describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { until } from "./support/process";
import { PASSWORD, world } from "./support/world";

const LINES = 130;
/** More messages than one response of the server contains. */
const MORE = 130;
const ALL = LINES + MORE;
/** More unread messages than are fetched to open a room at the first of them. */
const FAR = 560;
const MEANWHILE = "said while history was under way";

/** Repeats, because the list returns to the end as long as rows there are still being measured. */
const scrollUp = ({ log }: Person) =>
  until(() =>
    log.evaluate(
      (box) =>
        new Promise<boolean>((done) => {
          box.scrollTo(0, 150);
          requestAnimationFrame(() => requestAnimationFrame(() => done(box.scrollTop < 800)));
        }),
    ),
  );

describe("older history", () => {
  const here = world("ana", "bo");

  beforeAll(async () => {
    const script = await here.script("bo");
    for (let i = 0; i < LINES; i += 1) {
      await script.say("general", i % 7 === 0 ? `line ${i}\n\nwith more\n\nto say` : `line ${i}`);
    }
  });

  /** Waits until the server has stored the read cursor. */
  const readEverything = async (name: string): Promise<void> => {
    const script = await here.script(name);
    await until(async () => {
      const room = await script.get<Room>("/rooms/general");
      return room.read_seq === room.last_seq;
    });
  };

  it("opens at what is new, which is read by going through it", async () => {
    const first = await here.person("ana");
    await first.sees("line 0");
    await first.page.getByRole("button", { name: /Go to the newest/ }).click();
    await first.sees(`line ${LINES - 1}`);
    await first.page.getByRole("navigation").getByText("unread").waitFor({ state: "detached" });
    await readEverything("ana");
    await first.page.context().close();

    const script = await here.script("bo");
    for (let i = 0; i < MORE; i += 1) await script.say("general", `line ${LINES + i}`);
    const second = await here.person("ana");
    await second.log.getByText("New messages").waitFor();
    await second.sees(`line ${LINES}`);
    expect(await second.message(`line ${ALL - 1}`).count()).toBe(0);
    await second.page.getByRole("navigation").getByText("unread").waitFor();
    await second.page.context().close();

    // In a browser that has nothing of an earlier visit.
    const ana = await here.visitor();
    const history = await holdBack(ana.page);
    // Requested once it is subscribed: from then on, it hears what is said.
    const subscribed = ana.page.waitForRequest(/\/people\?/);
    await ana.trySignIn("ana", PASSWORD);
    await history.asked;
    await subscribed;
    await script.say("general", MEANWHILE);
    await ana.sees(MEANWHILE);
    history.answer();
    await ana.log.getByText("New messages").waitFor();
    await ana.message(MEANWHILE).waitFor({ state: "detached" });
    await ana.page.unroute(/\/messages\//);
    await ana.page.getByRole("button", { name: /Go to the newest/ }).click();
    await ana.sees(MEANWHILE);
    await ana.page.getByRole("navigation").getByText("unread").waitFor({ state: "detached" });
    await readEverything("ana");
  });

  it("begins at what is new, also if that is far back, and only what was seen counts as read", async () => {
    const script = await here.script("bo");
    await script.post("/rooms", { topic: "far", title: "Far" });
    await script.post("/members/far", { name: "ana" });
    for (let i = 0; i < FAR; i += 1) await script.say("far", `far ${i}`);
    const ana = await here.person("ana");
    await ana.enter("Far");
    await ana.sees("far 0");
    await ana.log.getByText("New messages").waitFor();
    expect(await ana.message(`far ${FAR - 1}`).count()).toBe(0);
    const own = await here.script("ana");
    // Something was read: from then on, it is known what a stored read cursor says.
    await until(async () => (await own.get<Room>("/rooms/far")).read_seq > 0);
    const { read_seq, last_seq } = await own.get<Room>("/rooms/far");
    expect(read_seq).toBeLessThan(last_seq - FAR / 2);

    await ana.page.getByRole("button", { name: /Go to the newest/ }).click();
    await ana.sees(`far ${FAR - 1}`);
    await until(async () => (await own.get<Room>("/rooms/far")).unread === 0);
  });

  it("comes in on top without moving what is being read", async () => {
    const ana = await here.person("ana");
    await ana.enter(/general/i);
    await ana.sees(MEANWHILE);
    // History is added while a message is being looked at.
    const history = await holdBack(ana.page);
    await scrollUp(ana);
    await history.asked;
    await ana.page.getByRole("progressbar", { name: "Loading older messages" }).waitFor();
    const before = await firstVisible(ana.log);
    history.answer();
    await ana.page
      .getByRole("progressbar", { name: "Loading older messages" })
      .waitFor({ state: "detached" });
    await ana.page.unroute(/\/messages\//);
    const after = await placeOf(ana.log, before.seq);
    expect(Math.abs(after - before.bottom)).toBeLessThan(3);
  });

  it("says that it can’t be loaded, and is loaded when asked", async () => {
    const ana = await here.person("ana");
    ana.expected.push(/status of 503/);
    await ana.enter(/general/i);
    await ana.sees(MEANWHILE);
    await ana.page.route(/\/messages\//, (route) => route.fulfill({ status: 503 }));
    await scrollUp(ana);
    const problem = ana.page.getByRole("alert").filter({ hasText: "can’t be loaded right now" });
    await problem.waitFor();
    await ana.page.unroute(/\/messages\//);
    await problem.getByRole("button", { name: "Try again" }).click();
    await problem.waitFor({ state: "detached" });
    await ana.scrollUpTo(ana.message(`line ${MORE}`));
  });

  it("goes back to the very beginning, every message once", async () => {
    const ana = await here.person("ana");
    await ana.enter(/general/i);
    await ana.sees(MEANWHILE);
    const log = (await ana.wholeLog()).map((line) => line.replace(/^\d+ /, ""));
    expect(log).toEqual([...Array.from({ length: ALL }, (_, i) => `line ${i}`), MEANWHILE]);
    await ana.page.getByRole("button", { name: "Go to the newest message" }).click();
    await ana.sees(MEANWHILE);
  });

  it("is for those who are signed in", async () => {
    const ana = await here.person("ana");
    await ana.page.getByRole("button", { name: "Settings" }).click();
    await ana.page.getByRole("button", { name: "Sign out" }).click();
    await ana.page.getByRole("heading", { name: "Welcome back" }).waitFor();
    expect(await ana.page.evaluate(() => fetch("/messages/general").then(({ status }) => status))).toBe(401);
    await ana.page.goto(`${here.server.url}/#/general`);
    await ana.page.reload();
    await ana.page.getByRole("heading", { name: "Welcome back" }).waitFor();
    const stranger = await here.visitor(`${here.server.url}/#/general`);
    await stranger.page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await stranger.log.count()).toBe(0);
  });
});

type Box = import("playwright-core").Locator;

/** Delays the responses to requests for a room's history until `answer` is called. */
const holdBack = async (page: import("playwright-core").Page) => {
  let answer = () => {};
  const held = new Promise<void>((go) => {
    answer = go;
  });
  await page.route(/\/messages\//, (route) => held.then(() => route.continue()));
  return { asked: page.waitForRequest(/\/messages\/.*before=/), answer };
};

/**
 * The topmost message that is completely visible, and where it ends, in pixels. Where it begins may change: the first one
 * that is held shows its sender's name, until it turns out that the message before has the same sender.
 */
const firstVisible = (log: Box): Promise<{ seq: number; bottom: number }> =>
  log.evaluate((box) => {
    const edge = box.getBoundingClientRect().top;
    for (const article of box.querySelectorAll("article[data-seq]")) {
      const { top, bottom } = article.getBoundingClientRect();
      if (top >= edge) return { seq: Number(article.getAttribute("data-seq")), bottom };
    }
    throw new Error("no message can be seen");
  });

const placeOf = (log: Box, seq: number): Promise<number> =>
  log.locator(`article[data-seq="${seq}"]`).evaluate((article) => article.getBoundingClientRect().bottom);
