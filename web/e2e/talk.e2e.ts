import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { picture } from "./support/picture";
import { BROKERS, worldOver } from "./support/world";

describe.each(BROKERS)("two people, %s,", (broker) => {
  const here = worldOver(broker, "ana", "bo");

  it("talk, and see each other typing and being there", async () => {
    const ana = await here.person("ana");
    const listed = ana.page.getByRole("list", { name: "People" }).getByRole("listitem");
    await listed.filter({ hasText: "bo" }).filter({ hasText: "Offline" }).waitFor();
    const bo = await here.person("bo");
    await listed.filter({ hasText: "bo" }).filter({ hasText: "Online" }).waitFor();

    await ana.enter(/general/i);
    await bo.enter(/general/i);
    await bo.composer.pressSequentially("Is the kettle on?");
    await ana.page.getByText("bo is typing").waitFor();
    await bo.composer.press("Enter");
    await ana.sees("Is the kettle on?");
    await ana.page.getByText("bo is typing").waitFor({ state: "detached" });
    await ana.say("It is now");
    await bo.sees("It is now");
    expect(await bo.message("It is now").getAttribute("aria-label")).toMatch(/^ana/);
    expect(await ana.message("It is now").getAttribute("aria-label")).toMatch(/^You/);
    await ana.message("It is now").getByLabel("Sent").waitFor();

    await bo.page.context().close();
    await listed
      .filter({ hasText: "bo" })
      .filter({ hasText: /Offline|Last seen|Is the kettle/ })
      .waitFor();
    await listed.locator("[data-presence=offline]").waitFor();
  });

  it("answer each other, and a quote leads to what it quotes", async () => {
    const ana = await here.person("ana");
    const bo = await here.person("bo");
    await ana.enter(/general/i);
    await bo.enter(/general/i);
    await bo.say("Who takes the bins out?");
    await ana.sees("Who takes the bins out?");
    await ana.answer("Who takes the bins out?");
    await ana.page.getByText("Replying to bo").waitFor();
    await ana.page.keyboard.press("Escape");
    await ana.page.getByText("Replying to bo").waitFor({ state: "detached" });
    await ana.answer("Who takes the bins out?");
    await ana.say("Me, I suppose");
    await bo.sees("Me, I suppose");
    const quote = bo.message("Me, I suppose").locator("[data-quote]");
    expect(await quote.textContent()).toContain("Who takes the bins out?");

    const script = await here.script("ana");
    for (let i = 0; i < 120; i += 1) await script.say("general", `line ${i}`);
    await bo.sees("line 119");
    await bo.answer("line 119");
    await bo.say("the last");
    // Both the answer and the quoted message are far up and not rendered any more.
    await bo.scrollUpTo(bo.message("Me, I suppose"));
    await bo.message("Me, I suppose").locator("[data-quote]").click();
    await bo.message(/^(?!.*Me, I suppose).*bins out/s).waitFor();
  });

  it("send pictures and files: picked, pasted, dropped", async () => {
    const ana = await here.person("ana");
    const bo = await here.person("bo");
    await ana.enter(/general/i);
    await bo.enter(/general/i);

    const png = { name: "sunset.png", mimeType: "image/png", buffer: picture() };
    const text = { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("remember the milk") };
    await ana.page.getByLabel("Files to attach").setInputFiles([png, text]);
    await ana.page.getByRole("list", { name: "Attached" }).getByRole("img", { name: "sunset.png" }).waitFor();
    await ana.say("From the hill");
    await bo.sees("From the hill");
    const shown = bo.message("From the hill").getByRole("img", { name: "sunset.png" });
    await shown.waitFor();
    const isDrawn = (image: SVGElement | HTMLElement) =>
      (image as HTMLImageElement).decode().then(() => (image as HTMLImageElement).naturalWidth);
    // The thumbnail, which is 480 pixels wide, drawn 400 CSS pixels wide.
    expect(await shown.evaluate(isDrawn)).toBe(400);
    const download = bo.page.waitForEvent("download");
    await bo
      .message("From the hill")
      .getByRole("link", { name: /notes.txt/ })
      .click();
    expect(await readFile(await (await download).path(), "utf8")).toBe("remember the milk");

    await bo.message("From the hill").getByRole("button", { name: "Look at sunset.png" }).click();
    await bo.page.getByRole("dialog").getByRole("img", { name: "sunset.png" }).waitFor();
    await bo.page.keyboard.press("Escape");

    for (const kind of ["paste", "drop"] as const) {
      await ana.composer.evaluate(giveFile, { kind, bytes: [...picture(300, 200)], name: `${kind}.png` });
      await ana.page.getByRole("list", { name: "Attached" }).getByRole("img").waitFor();
      await ana.composer.press("Enter");
      await bo
        .message("")
        .getByRole("img", { name: `${kind}.png` })
        .waitFor();
    }
  });

  it("see what is new: a count in the list, a line in the room", async () => {
    const ana = await here.person("ana");
    const bo = await here.person("bo");
    const script = await here.script("ana");
    await script.post("/rooms", { topic: "news", title: "News" });
    await script.post("/members/news", { name: "bo" });
    await bo.enter(/News/);
    await bo.enter(/general/i);
    await ana.enter(/News/);
    for (const text of ["first", "second", "third"]) await ana.say(text);
    const row = bo.page.getByRole("navigation").getByRole("link", { name: /News/ });
    await row.getByText("3 unread").waitFor();
    await bo.enter(/News/);
    await bo.log.getByText("New messages").waitFor();
    await bo.sees("third");
    await row.getByText("unread").waitFor({ state: "detached" });
    await bo.say("got it");
    await bo.log.getByText("New messages").waitFor({ state: "detached" });
  });
});

/** Runs in the page: simulates pasting or dropping a file. */
const giveFile = (
  composer: SVGElement | HTMLElement,
  { kind, bytes, name }: { kind: "paste" | "drop"; bytes: number[]; name: string },
): void => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
  const event =
    kind === "paste"
      ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
      : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
  composer.dispatchEvent(event);
};
