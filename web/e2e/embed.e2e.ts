import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, Person } from "./support/browser";
import { EmbedSite } from "./support/embed-site";
import { LOOKS, problems } from "./support/looks";
import { picture } from "./support/picture";
import { until } from "./support/process";
import { Server } from "./support/server";
import { PASSWORD } from "./support/world";

/** One of the rooms in the example's page. */
class Embedded {
  readonly box: Locator;

  constructor(page: Page, at: number) {
    this.box = page.locator(".chat").nth(at);
  }

  get composer(): Locator {
    return this.box.getByRole("textbox", { name: /^Message / });
  }

  message(text: string): Locator {
    return this.box.getByRole("article").filter({ hasText: text });
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
    await this.message(text).getByLabel("Sent").waitFor();
  }
}

/** A request to the HTTP API with a token. */
const asked = async (url: string, token: string, method: string, path: string, body?: object) => {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}${path}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? undefined : await answer.json();
};

/** What pages commonly say about all elements, and about some of them. */
const USUAL_STYLES = `
  * { box-sizing: content-box; letter-spacing: 1px; }
  p, h2 { margin: 2em 0; color: purple; text-transform: uppercase; }
  button, input, textarea { background: gold; border: 5px solid red; padding: 20px; border-radius: 0; box-shadow: 0 0 9px red; }
  a, a:hover { color: red; text-decoration: underline wavy; }
  img, svg { max-width: 100%; margin: 3px 9px; vertical-align: middle; }
  ul { list-style: square; padding-left: 40px; }
  body { text-align: center; font: italic 30px serif; color: red; line-height: 3; }
  .message, .head, .composer, .bubble, .room { display: none; }
  :root { --accent: red; --ink: red; --paper: gold; --gutter: 90px; }
`;

describe("a room in a page of another origin", () => {
  let site: EmbedSite;
  let server: Server;
  let browser: Browser;
  /** Tokens by name. */
  const tokens: Record<string, string> = {};
  const tokenOf = (name: string): string => tokens[name] ?? "";
  const ask = (name: string, method: string, path: string, body?: object) =>
    asked(server.url, tokenOf(name), method, path, body);

  const visit = async (query = "", options = {}): Promise<Person> => {
    const visitor = await Person.arrive(browser, `${site.origin}/${query}`, options);
    visitor.expectNoNetwork();
    return visitor;
  };
  const rooms = ({ page }: Person) => [new Embedded(page, 0), new Embedded(page, 1)] as const;

  beforeAll(async () => {
    site = await EmbedSite.prepare();
    server = await Server.start(["--allow-origin", site.origin]);
    browser = await launch();
    for (const name of ["ana", "bo"]) {
      await server.addUser(name, PASSWORD);
      const body = JSON.stringify({ username: name, password: PASSWORD });
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${server.url}/session`, { method: "POST", headers, body });
      tokens[name] = ((await answer.json()) as { token: string }).token;
    }
    await ask("ana", "POST", "/rooms", { topic: "walks", title: "Walks", purpose: "Sundays at ten" });
    await ask("ana", "POST", "/members/walks", { name: "bo" });
    await ask("bo", "POST", "/rooms", { topic: "secret", private: true });
    await ask("bo", "POST", "/rooms", { topic: "open", title: "Open" });
    const { token } = await ask("ana", "POST", "/tokens", { label: "the allotment" });
    tokens.page = token;
    await site.serve(server.url, token);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.end();
    await site?.end();
  });

  it("says and hears what the web client does, in two rooms with one connection, through a restart", async () => {
    const bo = await Person.signedIn(browser, server.url, "bo", PASSWORD);
    bo.expectNoNetwork();
    const ana = await visit();
    const sockets: string[] = [];
    const [general, walks] = rooms(ana);
    await general.composer.waitFor();
    await walks.composer.waitFor();
    expect(await ana.page.evaluate(() => document.activeElement?.tagName)).toBe("BODY");
    ana.page.on("websocket", (socket) => sockets.push(socket.url()));
    await ana.page.reload();
    await general.composer.waitFor();
    await walks.composer.waitFor();

    await bo.enter(/general/i);
    await general.say("The beans are up");
    await bo.sees("The beans are up");
    await bo.composer.pressSequentially("Lovely");
    await general.box.getByText("bo is typing").waitFor();
    await bo.composer.press("Enter");
    await general.message("Lovely").waitFor();
    expect(sockets).toHaveLength(1);
    expect(await walks.message("Lovely").count()).toBe(0);

    await server.kill();
    await general.composer.fill("Said while it is away");
    await general.composer.press("Enter");
    await general.box.getByText("No connection.").waitFor();
    await server.up();
    await bo.connected();
    await bo.say("Back again");
    await general.message("Back again").waitFor();
    await bo.sees("Said while it is away");
    await bo.enter("Walks");
    await bo.say("And here");
    await walks.message("And here").waitFor();
    await walks.say("Here, too");
    await bo.sees("Here, too");
    expect(await ana.page.evaluate(() => history.state)).toBeNull();
    expect(await ana.page.evaluate(() => Object.keys(localStorage))).toEqual([]);
    expect([...ana.errors, ...bo.errors]).toEqual([]);
    await ana.page.context().close();
    await bo.page.context().close();
  });

  it("shows pictures, by addresses that need no cookie", async () => {
    const bytes = new Uint8Array(picture());
    const authorization = `Bearer ${tokenOf("bo")}`;
    const posted = await fetch(`${server.url}/media?name=sunset.png`, {
      method: "POST",
      headers: { authorization },
      body: bytes,
    });
    const { id } = (await posted.json()) as { id: string };
    await ask("bo", "POST", "/message", { topic: "general", text: "The evening", attachments: [id] });
    const ana = await visit();
    const [general] = rooms(ana);
    const image = general.message("The evening").getByRole("img", { name: "sunset.png" });
    await until(() => image.evaluate((image: HTMLImageElement) => image.naturalWidth > 0));
    expect(await image.getAttribute("src")).toContain("signature=");

    await general.message("The evening").getByRole("button", { name: "Look at sunset.png" }).click();
    const viewer = ana.page.getByRole("dialog", { name: "sunset.png" });
    await viewer.waitFor();
    expect(await viewer.count()).toBe(1);
    const size = await viewer.boundingBox();
    expect(size).toMatchObject({ width: 1280, height: 800 });
    await ana.page.keyboard.press("Escape");
    await viewer.waitFor({ state: "detached" });

    await general.box
      .getByLabel("Files to attach")
      .setInputFiles({ name: "plot.png", mimeType: "image/png", buffer: picture(300, 200) });
    await general.box.getByRole("list", { name: "Attached" }).getByRole("img").waitFor();
    await general.say("Our plot");
    await general.message("Our plot").getByRole("img", { name: "plot.png" }).waitFor();
    expect(ana.errors).toEqual([]);
    await ana.page.context().close();
  });

  it("opens its menus and dialogs in its own colours, and deletes", async () => {
    const ana = await visit();
    const [, walks] = rooms(ana);
    await walks.say("A slip");
    await walks.message("A slip").hover();
    await walks.message("A slip").getByRole("button", { name: "Message menu" }).click();
    const item = ana.page.getByRole("menuitem", { name: "Delete" });
    await item.waitFor();
    const style = await item.evaluate((item) => getComputedStyle(item).fontFamily);
    expect(style).toContain("Georgia");
    await item.click();
    const dialog = ana.page.getByRole("dialog", { name: "Delete this message?" });
    await dialog.getByRole("button", { name: "Delete" }).click();
    await walks.box.getByText("Deleted").or(walks.box.getByText("deleted")).first().waitFor();
    await walks.message("A slip").waitFor({ state: "detached" });
    expect(await ana.page.evaluate(() => history.state)).toBeNull();
    expect(ana.errors).toEqual([]);
    await ana.page.context().close();
  });

  it("refuses a room that is not mine, and lets me join a public one", async () => {
    const ana = await visit("?room=secret&room=open");
    ana.expected.push(/status of 40[34]/);
    const [secret, open] = rooms(ana);
    await secret.box.getByText("There is no such room, or it’s private").waitFor();
    expect(await secret.composer.count()).toBe(0);
    await open.box.getByText("You’re not in this room yet.").waitFor();
    await open.box.getByRole("button", { name: "Join" }).click();
    await open.say("In at last");

    // It appears when somebody lets me in.
    await ask("bo", "POST", "/members/secret", { name: "ana" });
    await secret.composer.waitFor();
    await ask("bo", "DELETE", "/members/secret?name=ana");
    await secret.box.getByText("There is no such room, or it’s private").waitFor();
    expect(ana.errors).toEqual([]);
    await ana.page.context().close();
  });

  it("says when its token is refused, and goes on with the next one", async () => {
    const { token, id } = await ask("ana", "POST", "/tokens", { label: "short-lived" });
    await site.serve(server.url, token);
    const ana = await visit();
    ana.expected.push(/status of 401/);
    const [general] = rooms(ana);
    await general.say("With the first token");
    await site.serve(server.url, tokenOf("page"));
    await ask("ana", "DELETE", `/tokens/${id}`);
    await general.say("With the second token");

    await site.serve(server.url, "nonsense");
    await ana.page.reload();
    await general.box.getByText("The server doesn’t accept this page’s access token.").waitFor();
    await site.serve(server.url, tokenOf("page"));
    await general.box.getByRole("button", { name: "Try again" }).click();
    await general.message("With the second token").waitFor();
    expect(ana.errors).toEqual([]);
    await ana.page.context().close();
  });

  it("says when the server is away, and tries again", async () => {
    await server.kill();
    const ana = await visit();
    const [general] = rooms(ana);
    await general.box.getByText("The server isn’t answering.").waitFor();
    await server.up();
    await general.box.getByRole("button", { name: "Try now" }).click();
    await general.composer.waitFor();
    expect(ana.errors).toEqual([]);
    await ana.page.context().close();
  });

  it("looks the same whatever the page says about its elements, and changes nothing of the page", async () => {
    const ana = await visit("", { reducedMotion: "reduce" });
    const { page } = ana;
    const [general, walks] = rooms(ana);
    await walks.composer.waitFor();
    await general.message("With the second token").waitFor();
    const shape = (box: Locator) =>
      box.evaluate((box) =>
        [...box.querySelectorAll(".chinwag, .chinwag *")].map((element) => {
          const { x, y, width, height } = element.getBoundingClientRect();
          const from = box.getBoundingClientRect();
          const style = getComputedStyle(element);
          const seen = [style.color, style.backgroundColor, style.font, style.textTransform, style.boxShadow];
          return [element.tagName, x - from.x, y - from.y, width, height, ...seen].join(" ");
        }),
      );
    // What is above the rooms moves when the page's own elements change.
    await page.addStyleTag({
      content:
        "header { display: none } body, main, aside { margin: 0 !important } .chat { width: 320px; height: 500px !important; padding: 0 !important; box-sizing: border-box !important }",
    });
    await page.evaluate(() => document.fonts.ready);
    const before = await shape(general.box);
    const style = await page.addStyleTag({ content: USUAL_STYLES });
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    );
    expect(await shape(general.box)).toEqual(before);
    await style.evaluate((style) => (style as HTMLElement).remove());

    const probe = () =>
      page.evaluate(() => {
        const made = ["button", "a", "p", "h2", "ul", "input"].map((tag) => document.createElement(tag));
        document.body.append(...made);
        const all = [document.documentElement, document.body, ...made];
        const styles = all.map((element) => {
          const style = getComputedStyle(element);
          return ["color", "font", "margin", "padding", "background", "border", "outline", "boxSizing"]
            .map((name) => style[name as "color"])
            .join("|");
        });
        for (const element of made) element.remove();
        return styles;
      });
    const withStyles = await probe();
    await page.evaluate(() => document.querySelector("link[rel=stylesheet]")?.remove());
    expect(await probe()).toEqual(withStyles);
    expect(ana.errors).toEqual([]);
    await page.context().close();
  });

  for (const [look, options] of LOOKS)
    it(`has no accessibility problem ${look}`, async () => {
      const ana = await visit("", options);
      const [general, walks] = rooms(ana);
      await general.message("With the second token").waitFor();
      await walks.message("Here, too").waitFor();
      expect(await problems(ana)).toEqual([]);
      if (process.env.CHINWAG_SCREENSHOTS) await ana.shot(`embed-${look.replaceAll(" ", "-")}`);
      await ana.page.context().close();
    });
});
