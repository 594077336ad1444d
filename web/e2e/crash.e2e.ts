import { describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { BROKERS, worldOver } from "./support/world";

const textsOf = (log: readonly string[]): string[] => log.map((line) => line.replace(/^\d+ /, ""));

describe.each(BROKERS)("a server that is killed, %s,", (broker) => {
  const here = worldOver(broker, "ana", "bo");

  const person = async (name: string): Promise<Person> => {
    const arrived = await here.person(name);
    arrived.expectNoNetwork();
    return arrived;
  };

  /** An external broker keeps running without the server, so clients stay connected. */
  const own = broker === BROKERS[0];
  const kill = async (...people: Person[]): Promise<void> => {
    await here.server.kill();
    if (own) for (const person of people) await person.disconnected();
  };

  const bothSeeTheSame = async (ana: Person, bo: Person, said: readonly string[]): Promise<void> => {
    for (const text of said) {
      await ana.sees(text);
      await bo.sees(text);
    }
    await ana.sent();
    await bo.sent();
    const [log, otherLog] = [await ana.wholeLog(), await bo.wholeLog()];
    expect(log).toEqual(otherLog);
    for (const text of said) expect(textsOf(log).filter((line) => line === text)).toEqual([text]);
  };

  it("costs nobody a message, and shows none twice", async () => {
    const ana = await person("ana");
    const bo = await person("bo");
    await ana.enter(/general/i);
    await bo.enter(/general/i);
    await ana.say("one from ana");
    await bo.say("two from bo");
    await ana.sees("two from bo");

    // The server is killed right after the message is sent, before an acknowledgement can be certain.
    await ana.composer.fill("three from ana");
    await ana.composer.press("Enter");
    await kill(ana, bo);
    await ana.say("four from ana, into the void");
    await bo.say("five from bo, into the void");
    await ana.say("six from ana");
    if (own) await ana.page.getByText("No connection.").waitFor();
    await ana.message("six from ana").and(ana.page.locator("[data-status=pending]")).waitFor();
    await ana.shot("server-gone");

    await here.server.up();
    await ana.connected();
    await bo.connected();
    await ana.say("seven from ana");
    await bo.say("eight from bo");
    await bothSeeTheSame(ana, bo, [
      "one from ana",
      "two from bo",
      "three from ana",
      "four from ana, into the void",
      "five from bo, into the void",
      "six from ana",
      "seven from ana",
      "eight from bo",
    ]);
    const order = textsOf(await ana.wholeLog()).filter((text) => text.includes("from ana"));
    expect(order).toEqual([...order].sort((a, b) => rank(a) - rank(b)));
  });

  it("gets what waited through a reload of the page", async () => {
    const ana = await person("ana");
    const bo = await person("bo");
    await ana.enter(/general/i);
    await bo.enter(/general/i);
    const answers = await holdBack(ana);
    await ana.say("written before the reload");
    await ana.page.getByLabel("Files to attach").setInputFiles({
      name: "list.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("eggs"),
    });
    await ana.say("and this with a file");
    await ana.page.waitForFunction(keptEntries, 2);
    await ana.page.reload();
    await ana.message("and this with a file").and(ana.page.locator("[data-status=pending]")).waitFor();
    await answers.letGo();
    await ana.connected();
    await bothSeeTheSame(ana, bo, ["written before the reload", "and this with a file"]);
    await bo
      .message("and this with a file")
      .getByRole("link", { name: /list.txt/ })
      .waitFor();
  });

  it("is no matter at all when only the connection ends for a moment", async () => {
    const ana = await person("ana");
    const bo = await person("bo");
    let cut = () => {};
    await ana.page.routeWebSocket(/\/mqtt$/, (socket) => {
      const server = socket.connectToServer();
      cut = () => {
        void socket.close();
        void server.close();
      };
    });
    await ana.page.reload();
    await ana.connected();
    await ana.enter(/general/i);
    await bo.enter(/general/i);
    await ana.page.evaluate(watchConnection);
    cut();
    await ana.page.waitForFunction(() => (globalThis as unknown as Watched).watched.gone !== undefined);
    await bo.say("said in the gap");
    await ana.say("and into it");
    await ana.page.evaluate(() => dispatchEvent(new Event("online")));
    await ana.sees("said in the gap");
    await bo.sees("and into it");
    await ana.connected();
    const { told } = await ana.page.evaluate(() => (globalThis as unknown as Watched).watched);
    // However slow this machine is, an interruption of less than two seconds is not shown.
    expect(told.filter((after) => after < 1_900)).toEqual([]);
  });

  it("is delivered to by one tab of two, and both show it", async () => {
    const ana = await person("ana");
    await ana.enter(/general/i);
    const second = await ana.page.context().newPage();
    await second.goto(ana.page.url());
    await second.locator("[data-connection=live]").waitFor({ state: "attached" });
    await kill(ana);
    await ana.say("from the first of two tabs");
    await here.server.up();
    await ana.connected();
    const articles = second
      .getByRole("region", { name: /^Messages in / })
      .getByRole("article")
      .filter({ hasText: "from the first of two tabs" });
    await articles.waitFor();
    expect(await articles.count()).toBe(1);
    await ana.message("from the first of two tabs").and(ana.page.locator("[data-seq]")).waitFor();
    expect(
      textsOf(await ana.wholeLog()).filter((text) => text === "from the first of two tabs"),
    ).toHaveLength(1);
  });
});

const NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight"];
const rank = (text: string): number => NUMBERS.indexOf(text.split(" ")[0] ?? "");

/** When the connection was first lost, and how long after that the page mentioned it each time. */
interface Watched {
  watched: { gone?: number; told: number[] };
}

const watchConnection = (): void => {
  const watched: Watched["watched"] = { told: [] };
  Object.assign(globalThis, { watched });
  const look = () => {
    if (!document.querySelector("[data-connection=live]")) watched.gone ??= performance.now();
    if (document.body.textContent.includes("No connection"))
      watched.told.push(performance.now() - (watched.gone ?? performance.now()));
  };
  const what = { childList: true, subtree: true, attributes: true, attributeFilter: ["data-connection"] };
  new MutationObserver(look).observe(document.body, what);
};

/** Returns whether the browser stores this number of outbox entries. */
const keptEntries = (wanted: number): Promise<boolean> =>
  new Promise((done) => {
    const opening = indexedDB.open("chinwag");
    opening.onsuccess = () => {
      const count = opening.result.transaction("outbox").objectStore("outbox").count();
      count.onsuccess = () => {
        opening.result.close();
        done(count.result === wanted);
      };
    };
  });

/** Blocks a page's MQTT connection, while everything else works. */
const holdBack = async (person: Person) => {
  let held = true;
  await person.page.routeWebSocket(/\/mqtt$/, (socket) => {
    if (held) void socket.close();
    else socket.connectToServer();
  });
  await person.page.reload();
  await person.disconnected();
  await person.composer.waitFor();
  return {
    letGo: async () => {
      held = false;
    },
  };
};
