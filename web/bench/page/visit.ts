import { setTimeout as pause } from "node:timers/promises";
import type { Browser, BrowserContext, CDPSession, Page, Request } from "playwright-core";
import { type Expectation, install } from "./recorder";
import { MESSAGE } from "./selectors";

/** Milliseconds after which something counts as never drawn. */
const PATIENCE = 120_000;
/** Milliseconds of quiet after which a page has settled. */
const CALM = 700;
/** Milliseconds after which a client has loaded what its first room does not need. */
const LATE = 3_000;

export interface SignedIn {
  readonly url: string;
  readonly cookie: { readonly name: string; readonly value: string };
}

/** A page in a browser that has never been here, but is signed in. */
export class Visit {
  readonly page: Page;
  readonly #context: BrowserContext;
  #devtools: Promise<CDPSession> | undefined;
  readonly #underWay = new Set<Request>();
  #lastRequest = 0;
  #openedAfter = Number.NaN;

  private constructor(page: Page, context: BrowserContext) {
    this.page = page;
    this.#context = context;
    page.on("request", (request) => this.#underWay.add(request));
    page.on("requestfinished", (request) => this.#ended(request));
    page.on("requestfailed", (request) => this.#ended(request));
  }

  #ended(request: Request): void {
    this.#underWay.delete(request);
    this.#lastRequest = performance.now();
  }

  /** `first` is the message that will be awaited with {@link opened}. */
  static async begin(browser: Browser, { url, cookie }: SignedIn, first: Expectation): Promise<Visit> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB" });
    context.setDefaultTimeout(PATIENCE);
    await context.addCookies([{ ...cookie, url }]);
    const page = await context.newPage();
    await page.addInitScript(install, { message: MESSAGE, first });
    return new Visit(page, context);
  }

  /** Goes to an address and waits until the page has settled. */
  async open(address: string): Promise<void> {
    await this.page.goto(address);
    await this.#opened();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.#opened();
  }

  async #opened(): Promise<void> {
    this.#openedAfter = await inTime(this.page.evaluate(() => window.bench.opened));
    await pause(LATE);
    await this.settled();
  }

  /** Milliseconds from the last navigation until the first message was drawn. */
  get openedAfter(): number {
    return this.#openedAfter;
  }

  /** Does something in the page; resolves to the milliseconds from the click in it to the paint of a message. */
  async afterClick(act: () => Promise<void>, expected: Expectation): Promise<number> {
    const drawn = this.page.evaluate(
      async (expected) => (await window.bench.drawn(expected)) - window.bench.clickedAt,
      expected,
    );
    // It is awaited later, if the click succeeds.
    drawn.catch(() => {});
    await act();
    return inTime(drawn);
  }

  /** Resolves to the time in the page at which a message is drawn. */
  async drawn(expected: Expectation): Promise<number> {
    return inTime(this.page.evaluate((expected) => window.bench.drawn(expected), expected));
  }

  /** Waits until nothing has been requested, and no task has been long, for {@link CALM}. */
  async settled(): Promise<void> {
    for (let calm = false; !calm; ) {
      await pause(100);
      const busy = await this.page.evaluate(
        (calm) => performance.now() - (window.bench.longTasks.at(-1)?.at ?? 0) < calm,
        CALM,
      );
      calm = !busy && this.#underWay.size === 0 && performance.now() - this.#lastRequest > CALM;
    }
  }

  /** The time in the page. */
  now(): Promise<number> {
    return this.page.evaluate(() => performance.now());
  }

  /** The durations of the tasks of more than 50 ms since that time. */
  longTasksSince(since: number): Promise<number[]> {
    return this.page.evaluate(
      (since) => window.bench.longTasks.filter(({ at }) => at >= since).map(({ duration }) => duration),
      since,
    );
  }

  /** The sum of the layout shifts since that time. */
  shiftSince(since: number): Promise<number> {
    return this.page.evaluate(
      (since) => window.bench.shifts.reduce((sum, { at, value }) => (at >= since ? sum + value : sum), 0),
      since,
    );
  }

  devtools(): Promise<CDPSession> {
    this.#devtools ??= this.#context.newCDPSession(this.page);
    return this.#devtools;
  }

  async end(): Promise<void> {
    await this.#context.close();
  }
}

/** Fails if it takes too long, so that one figure that is never reached does not end the run. */
const inTime = async (result: Promise<number>): Promise<number> => {
  const waiting = new AbortController();
  const tooLong = pause(PATIENCE, undefined, { signal: waiting.signal }).then(() => {
    throw new Error(`a message was not drawn in ${PATIENCE / 1_000} s`);
  });
  return Promise.race([result, tooLong]).finally(() => {
    waiting.abort();
    // One of the two is of no interest any more, and ends with an error: aborted, or with the page.
    for (const late of [result, tooLong]) late.catch(() => {});
  });
};
