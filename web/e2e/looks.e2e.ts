import type { Locator } from "playwright-core";
import { describe, expect, it } from "vitest";
import { LOOKS, PHONE, problems } from "./support/looks";
import { picture } from "./support/picture";
import { world } from "./support/world";

const boxOf = async (element: Locator) => {
  const box = await element.boundingBox();
  if (!box) throw new Error(`${element} is not drawn`);
  return box;
};

describe("what is drawn", () => {
  const here = world("ana", "bo");

  it.each(LOOKS)("can be read and used by everybody, %s", async (_, look) => {
    const script = await here.script("bo");
    await script.say("general", "**Bold**, `code`, a [link](https://example.org) and\n\n> a quote");
    const stranger = await here.visitor(here.server.url, look);
    await stranger.page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await problems(stranger)).toEqual([]);

    const ana = await here.person("ana", look);
    const list = ana.page.getByRole("navigation");
    if (await list.isVisible()) expect(await problems(ana)).toEqual([]);
    await ana.page.goto(`${here.server.url}/#/general`);
    await ana.page.getByLabel("Files to attach").setInputFiles([
      { name: "sunset.png", mimeType: "image/png", buffer: picture(300, 200) },
      { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("milk") },
    ]);
    await ana.page.getByRole("list", { name: "Attached" }).getByRole("img").waitFor();
    await ana.composer.fill("From the hill");
    await ana.page.getByRole("button", { name: "Send", exact: true }).click();
    await ana.message("From the hill").last().getByLabel("Sent").waitFor();
    expect(await problems(ana)).toEqual([]);
    await ana.page.getByRole("button", { name: /^Members/ }).click();
    const members = ana.page.getByRole("region", { name: "Members of the room" });
    await members.getByText("bo", { exact: true }).waitFor();
    expect(await problems(ana)).toEqual([]);
    await ana.page.getByRole("button", { name: /^Close( members)?$/ }).click();
    await members.waitFor({ state: "detached" });

    if (await ana.page.getByRole("button", { name: "All rooms" }).isVisible())
      await ana.page.getByRole("button", { name: "All rooms" }).click();
    await ana.page.getByRole("button", { name: "Settings" }).click();
    for (const [tab, shown] of [
      ["General", "This browser"],
      ["Password", "Change your password"],
      ["Sign-ins", "This browser · "],
      ["Devices", "What is it for?"],
    ] as const) {
      await ana.page.getByRole("tab", { name: tab }).click();
      await ana.page.getByText(shown).first().waitFor();
      expect(await problems(ana)).toEqual([]);
    }
    await ana.page.keyboard.press("Escape");
    await ana.page.getByRole("button", { name: "New…" }).click();
    await ana.page.getByRole("menuitem", { name: "Make a room" }).click();
    await ana.page.getByLabel("Title").waitFor();
    expect(await problems(ana)).toEqual([]);
  });

  it.each(LOOKS)("shows what was edited, deleted and reacted to, %s", async (name, look) => {
    const [script, own] = [await here.script("bo"), await here.script("ana")];
    const topic = `changes/${name.replaceAll(" ", "-")}`;
    await script.post("/rooms", { topic, title: "Allotment" });
    await script.post(`/members/${topic}`, { name: "ana" });
    // The first two events are the room and its creator's join, the third is ana's.
    await script.say(topic, "The beans are up at last, all four rows of them");
    await own.say(topic, "I can bring the ladder on Saturday");
    await script.say(topic, "Wrong room, sorry");
    await own.say(topic, "Never mind");
    await script.post("/message", { topic, text: "What was that?", original_message: 6 });
    await own.say(topic, "Cake is on me, then");
    await script.edit(topic, 4, "The beans are up at last, all five rows of them");
    await own.edit(topic, 5, "I can bring the ladder on Sunday");
    for (const emoji of ["🎉", "👍", "❤️"]) await script.react(topic, 4, emoji);
    for (const emoji of ["🎉", "👩‍🌾"]) await own.react(topic, 4, emoji);
    for (const emoji of ["👍", "🙏"]) await script.react(topic, 5, emoji);
    await own.react(topic, 9, "🍰");
    await script.delete(topic, 6);
    // The owner of the room may delete messages of others too.
    await script.delete(topic, 7);

    const ana = await here.person("ana", look);
    await ana.page.goto(`${here.server.url}/#/${topic}`);
    await ana.sees("Cake is on me");
    await ana.message("The beans").getByRole("button", { name: "🎉 2: You and bo" }).waitFor();
    await ana.message("The beans").getByText("edited", { exact: true }).waitFor();
    await ana.log.getByText("Message deleted by bo", { exact: true }).waitFor();
    expect(await problems(ana)).toEqual([]);
    await ana.page.evaluate(() => document.fonts.ready.then(() => undefined));
    await ana.shot(`changes-${name.replaceAll(" ", "-")}`);
    // The tools of a message are there while it has the focus.
    await ana.message("Cake is on me").focus();
    const menu = ana.message("Cake is on me").getByRole("button", { name: "Message menu" });
    await menu.focus();
    await menu.press("Enter");
    await ana.page.getByRole("menuitem", { name: "Delete" }).waitFor();
    expect(await problems(ana)).toEqual([]);
    await ana.shot(`changes-${name.replaceAll(" ", "-")}-menu`);
    await ana.page.keyboard.press("Enter");
    await ana.page.getByRole("dialog", { name: "Delete this message?" }).waitFor();
    expect(await problems(ana)).toEqual([]);
    await ana.shot(`changes-${name.replaceAll(" ", "-")}-dialog`);
    await ana.page.keyboard.press("Escape");
    await ana.page.getByRole("dialog").waitFor({ state: "detached" });
  });

  it("has what I said on one side and what others said on the other, under the day", async () => {
    const script = await here.script("bo");
    await script.post("/rooms", { topic: "sides", title: "Sides" });
    await script.post("/members/sides", { name: "ana" });
    await script.say("sides", "One");
    await script.say("sides", "Two");
    const ana = await here.person("ana");
    await ana.enter(/Sides/);
    await ana.say("Three");
    await ana.message("Three").getByLabel("Sent").waitFor();
    await ana.log.getByText("Today").last().waitFor();
    const bubble = (text: string) => ana.message(text).locator("p");
    const [one, two, three] = [
      await boxOf(bubble("One")),
      await boxOf(bubble("Two")),
      await boxOf(bubble("Three")),
    ];
    expect(one.x).toBe(two.x);
    expect(three.x).toBeGreaterThan(one.x + 300);
    // Consecutive messages of one person are grouped under one name.
    expect(await ana.log.getByText("bo", { exact: true }).count()).toBe(1);
    expect(await ana.message("Three").getByRole("time").getAttribute("datetime")).toMatch(/^\d{4}-/);
  });

  it("stays at the end while one is there, and in place while one reads above", async () => {
    const script = await here.script("bo");
    await script.post("/rooms", { topic: "long", title: "Long" });
    await script.post("/members/long", { name: "ana" });
    for (let i = 0; i < 40; i += 1) await script.say("long", `line ${i}`);
    const ana = await here.person("ana");
    await ana.enter(/Long/);
    const toEnd = ana.page.getByRole("button", { name: "Go to the newest message" });
    await toEnd.click();
    await ana.sees("line 39");
    await script.say("long", "and one\n\nof many\n\nlines");
    await ana.sees("of many");
    await toEnd.waitFor({ state: "detached" });
    const seq = await ana.seqOf("of many");
    await script.react("long", seq, "🎉");
    await ana.message("of many").getByRole("button", { name: /^🎉/ }).waitFor();
    const below = () => ana.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
    await expect.poll(below, { timeout: 30_000 }).toBeLessThan(2);

    await ana.log.evaluate((log) => log.scrollBy(0, -600));
    await toEnd.waitFor();
    const held = await boxOf(ana.message("line 24"));
    await script.say("long", "said below");
    await toEnd.getByText("1 new").waitFor();
    expect((await boxOf(ana.message("line 24"))).y).toBeCloseTo(held.y, 0);
    await toEnd.click();
    await ana.sees("said below");
  });

  it("stays at the end while messages pour in, on a slow machine too", async () => {
    const script = await here.script("bo");
    await script.post("/rooms", { topic: "busy", title: "Busy" });
    await script.post("/members/busy", { name: "ana" });
    for (let i = 0; i < 30; i += 1) await script.say("busy", `line ${i}`);
    const ana = await here.person("ana");
    await ana.enter(/Busy/);
    const toEnd = ana.page.getByRole("button", { name: "Go to the newest message" });
    await toEnd.click();
    await ana.sees("line 29");
    const devtools = await ana.page.context().newCDPSession(ana.page);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: 2 });
    for (let i = 0; i < 250; i += 1) await script.say("busy", `more ${i} ${"and so on ".repeat(i % 40)}`);
    await script.say("busy", "the very last");
    await ana.sees("the very last");
    await toEnd.waitFor({ state: "detached" });
  });

  it("answers to a finger: far enough aside is an answer", async () => {
    const script = await here.script("bo");
    await script.say("general", "Who is on the phone?");
    const ana = await here.person("ana", PHONE);
    await ana.page.goto(`${here.server.url}/#/general`);
    const asked = ana.message("Who is on the phone?").last();
    // Wait until the row no longer moves.
    await asked.click({ trial: true });
    const { x, y } = await boxOf(asked);
    const devtools = await ana.page.context().newCDPSession(ana.page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", right = 0) =>
      devtools.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: type === "touchEnd" ? [] : [{ x: x + 60 + right, y: y + 20 }],
      });
    await touch("touchStart");
    for (const right of [10, 30, 50, 70]) await touch("touchMove", right);
    await touch("touchEnd");
    await ana.page.getByText("Replying to bo").waitFor();
    expect(await ana.log.locator("[data-pulled]").count()).toBe(0);
  });

  it("is large enough for a fingertip", async () => {
    const ana = await here.person("ana", PHONE);
    await ana.page.goto(`${here.server.url}/#/general`);
    for (const name of ["All rooms", "Attach files", "Send", "Room menu", /^Members/]) {
      const { width, height } = await boxOf(ana.page.getByRole("button", { name, exact: true }).first());
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(44);
    }
  });
});
