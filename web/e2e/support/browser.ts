import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";

const CANDIDATES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export const launch = (): Promise<Browser> => {
  const executablePath = process.env.CHROMIUM_BIN ?? CANDIDATES.find((path) => existsSync(path));
  if (!executablePath) throw new Error("no Chromium found: install it, or name it in CHROMIUM_BIN");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
};

/** Where screenshots are stored. */
export const SHOTS = process.env.CHINWAG_SCREENSHOTS ?? join(tmpdir(), "chinwag-screenshots");

/** The console message for a request that was made to find out whether the user is signed in. */
const NOT_SIGNED_IN = /Failed to load resource: .* status of 401/;
/** The console messages when there is no server. */
const NO_NETWORK = /Failed to load resource: net::|WebSocket connection to/;

/** A person at their own browser. Errors in the page make the test fail. */
export class Person {
  readonly page: Page;
  readonly errors: string[] = [];
  /** Console messages that are allowed in this test. */
  readonly expected: RegExp[] = [NOT_SIGNED_IN];

  private constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.errors.push(`${error}`));
    page.on("console", (message) => {
      const text = message.text();
      if (!["error", "warning"].includes(message.type())) return;
      if (!this.expected.some((expected) => expected.test(text))) this.errors.push(text);
    });
  }

  /** Allows network errors, for tests in which the server goes down. */
  expectNoNetwork(): void {
    this.expected.push(NO_NETWORK);
  }

  static async arrive(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Person> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: "en-GB",
      ...options,
    });
    // Generous for a busy machine; a longer timeout makes no check weaker.
    context.setDefaultTimeout(60_000);
    const person = new Person(await context.newPage());
    await person.page.goto(url);
    return person;
  }

  static async signedIn(
    browser: Browser,
    url: string,
    name: string,
    password: string,
    options: BrowserContextOptions = {},
  ): Promise<Person> {
    const person = await Person.arrive(browser, url, options);
    await person.signIn(name, password);
    return person;
  }

  async signIn(name: string, password: string): Promise<void> {
    await this.trySignIn(name, password);
    await this.connected();
  }

  /** Signs in by the names of the fields, which are the same in every language, and waits for nothing. */
  async trySignIn(name: string, password: string): Promise<void> {
    await this.page.locator("[name=username]").fill(name);
    await this.page.locator("[name=password]").fill(password);
    await this.page.locator("[type=submit]").click();
  }

  async connected(): Promise<void> {
    await this.page.locator("[data-connection=live]").waitFor({ state: "attached" });
  }

  async disconnected(): Promise<void> {
    await this.page.locator("[data-connection]:not([data-connection=live])").waitFor({ state: "attached" });
  }

  /** Opens a room from the list. The room before is on screen until then, and its composer would take what is typed. */
  async enter(room: string | RegExp): Promise<void> {
    await this.page.getByRole("navigation").getByRole("link", { name: room }).click();
    await this.page
      .locator("nav a[aria-current=page]")
      .filter({ hasText: room })
      .waitFor({ state: "attached" });
    await this.composer.waitFor();
  }

  get composer(): Locator {
    return this.page.getByRole("textbox", { name: /^Message / });
  }

  get log(): Locator {
    return this.page.getByRole("region", { name: /^Messages in / });
  }

  message(text: string | RegExp): Locator {
    return this.log.getByRole("article").filter({ hasText: text });
  }

  /** The seq of a message, once it is stored: one that waits has none. */
  async seqOf(text: string | RegExp): Promise<number> {
    const stored = this.message(text).and(this.page.locator("[data-seq]"));
    return Number(await stored.last().getAttribute("data-seq"));
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
    await this.message(text).last().waitFor();
  }

  /** Waits until every message sent to the open room is stored, so that none is pending in this browser. */
  async sent(): Promise<void> {
    await this.page.locator("[data-status]").first().waitFor({ state: "detached" });
  }

  async sees(text: string | RegExp): Promise<void> {
    await this.message(text).last().waitFor();
  }

  async answer(text: string | RegExp): Promise<void> {
    await this.message(text).last().hover();
    await this.message(text).last().getByRole("button", { name: "Reply" }).click();
  }

  /** Scrolls up page by page, loading history on the way, until it is rendered. */
  async scrollUpTo(wanted: Locator): Promise<void> {
    for (let pages = 0; (await wanted.count()) === 0; pages += 1) {
      if (pages > 1_000) throw new Error(`scrolled up without end for ${wanted}`);
      await this.log.evaluate((box) => box.scrollBy(0, -box.clientHeight / 2));
      await this.#painted();
    }
  }

  /** Returns all messages of the room as `seq text`, read by scrolling up to the beginning. */
  async wholeLog(): Promise<string[]> {
    const seen = new Map<number, string>();
    const top = this.log.getByRole("heading");
    while ((await top.count()) === 0) {
      await this.#read(seen);
      await this.log.evaluate((box) => box.scrollBy(0, -box.clientHeight / 2));
      await this.#painted();
    }
    await this.#read(seen);
    return [...seen].sort(([a], [b]) => a - b).map(([seq, text]) => `${seq} ${text}`);
  }

  async #read(seen: Map<number, string>): Promise<void> {
    const drawn = await this.log
      .locator("article[data-seq]")
      .evaluateAll((articles) =>
        articles.map(
          (article) =>
            [
              Number(article.getAttribute("data-seq")),
              article.querySelector("p")?.textContent ?? "",
            ] as const,
        ),
      );
    for (const [seq, text] of drawn) seen.set(seq, text);
  }

  #painted(): Promise<void> {
    return this.page.evaluate(
      () => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
    );
  }

  async shot(name: string): Promise<string> {
    await mkdir(SHOTS, { recursive: true });
    const path = join(SHOTS, `${name}.png`);
    await this.page.screenshot({ path });
    return path;
  }
}
