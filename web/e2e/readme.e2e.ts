import mqtt from "mqtt";
import { describe, it } from "vitest";
import type { Person } from "./support/browser";
import { picture } from "./support/picture";
import { until } from "./support/process";
import { PASSWORD, world } from "./support/world";

/** The README's screenshots: `npm run screenshots` writes them to docs/. */
describe("the README's pictures", () => {
  const here = world("ana", "bo", "mia", "kettle");

  it("show three people, a device and a picture, by day and by night", async () => {
    const script = await here.script("ana");
    const people = { bo: await here.script("bo"), mia: await here.script("mia") };
    // A device: any MQTT client that sends plain text.
    const kettle = await mqtt.connectAsync(`${here.server.url.replace("http", "ws")}/mqtt`, {
      username: "kettle",
      password: PASSWORD,
    });
    const rooms = [
      { topic: "home/kitchen", title: "Kitchen", purpose: "What’s cooking, and is the kettle on?" },
      { topic: "walks", title: "Sunday walks", purpose: "Where to next?" },
      { topic: "team/backend", title: "Back end", private: true },
    ];
    for (const room of rooms) {
      await script.post("/rooms", room);
      for (const name of ["bo", "mia", "kettle"]) await script.post(`/members/${room.topic}`, { name });
    }
    await people.bo.say("team/backend", "Group commit is in, have a look");
    await kettle.publishAsync("home/kitchen", "96 °C, ready in two minutes", { qos: 1 });
    await people.bo.post("/direct", { name: "ana" });
    await people.bo.say("dm/ana/bo", "Lunch at one?");
    await people.mia.say("walks", "Who’s coming up the hill on Sunday?");

    const timezoneId = midMorning();
    const mia = await here.person("mia");
    const ana = await here.person("ana", {
      viewport: { width: 1280, height: 840 },
      deviceScaleFactor: 2,
      timezoneId,
    });
    const bo = await here.person("bo", {
      viewport: { width: 390, height: 820 },
      deviceScaleFactor: 2,
      hasTouch: true,
      isMobile: true,
      timezoneId,
    });
    for (const person of [ana, bo, mia]) await person.enter(/Sunday walks/);
    await ana.say("Me! And I’m bringing the good biscuits");
    await bo.composer.fill("Count me in. This was the view last week");
    await bo.page.getByLabel("Files to attach").setInputFiles({
      name: "sunset.png",
      mimeType: "image/png",
      buffer: picture(1280, 680),
    });
    await bo.page.getByRole("list", { name: "Attached" }).getByRole("img").waitFor();
    await bo.page.getByRole("button", { name: "Send" }).click();
    for (const person of [ana, bo])
      await person.message("").getByRole("img", { name: "sunset.png" }).waitFor();
    await ana.answer("Count me in");
    await ana.say("Oh, that’s lovely. Nine o’clock at the gate?");
    await bo.sees("at the gate");
    await bo.composer.fill("Perfect!");
    await bo.page.getByRole("button", { name: "Send" }).click();
    await ana.sees("Perfect");
    await ana.page.getByRole("navigation").hover({ position: { x: 160, y: 700 } });
    for (const [name, person] of [
      ["screenshot", ana],
      ["screenshot-phone", bo],
    ] as const) {
      await person.page.evaluate(() => document.fonts.ready.then(() => undefined));
      await shotWhileTyping(person, mia, name, "light");
      await shotWhileTyping(person, mia, `${name}-dark`, "dark");
    }
    await kettle.endAsync();
  });
});

/** A "typing" notice lasts only a few seconds, so somebody types again for each screenshot. */
const shotWhileTyping = async (
  whose: Person,
  typist: Person,
  name: string,
  colorScheme: "light" | "dark",
) => {
  await whose.page.emulateMedia({ colorScheme });
  const typing = whose.page.getByText("mia is typing").first();
  await typist.composer.fill("");
  await typing.waitFor({ state: "detached" });
  // The server limits the rate of these notices, and the client sends one every few seconds.
  await until(async () => {
    await typist.composer.press("e");
    return typing.isVisible();
  });
  await whose.shot(name);
};

/** Returns a time zone in which it is ten in the morning, whenever the screenshots are taken. */
const midMorning = (): string => {
  const ahead = 10 - new Date().getUTCHours();
  const within = ahead < -12 ? ahead + 24 : ahead;
  // The signs in these names are inverted: Etc/GMT-5 is five hours ahead of UTC.
  return `Etc/GMT${within > 0 ? "-" : "+"}${Math.abs(within)}`;
};
