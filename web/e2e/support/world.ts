import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { launch, Person } from "./browser";
import { Mosquitto } from "./mosquitto";
import { PASSWORD, Script } from "./script";
import { Server } from "./server";

export { PASSWORD } from "./script";

/** The broker used by a test. */
export const BROKERS = ["over its own broker", "over Mosquitto"] as const;

/** Starts a server and a browser for one file of tests, and creates these accounts. */
export const world = (...names: readonly string[]) => worldOver(BROKERS[0], ...names);

/** Like {@link world}, with the given broker. */
export const worldOver = (broker: (typeof BROKERS)[number], ...names: readonly string[]) => {
  const here = {} as { server: Server; browser: Browser; mosquitto: Mosquitto | undefined };
  const people: Person[] = [];

  beforeAll(async () => {
    if (broker === "over Mosquitto") here.mosquitto = await Mosquitto.start();
    here.server = await Server.start(here.mosquitto?.flags);
    here.browser = await launch();
    for (const name of names) await here.server.addUser(name, PASSWORD);
  });
  afterEach(async ({ task }) => {
    for (const [index, person] of people.splice(0).entries()) {
      if (task.result?.state === "fail")
        await person.shot(`failed-${slug(task.name)}-${index}`).catch(() => {});
      expect(person.errors).toEqual([]);
      await person.page.context().close();
    }
  });
  afterAll(async () => {
    await here.browser?.close();
    await here.server?.end();
    await here.mosquitto?.end();
  });

  return {
    get server() {
      return here.server;
    },
    get mosquitto() {
      if (!here.mosquitto) throw new Error("there is no Mosquitto here");
      return here.mosquitto;
    },
    /** Opens a page without signing in. */
    async visitor(url = here.server.url, options = {}): Promise<Person> {
      const person = await Person.arrive(here.browser, url, options);
      people.push(person);
      return person;
    },
    /** Opens a page in a separate browser context and signs in. */
    async person(name: string, options = {}): Promise<Person> {
      const person = await Person.signedIn(here.browser, here.server.url, name, PASSWORD, options);
      people.push(person);
      return person;
    },
    /** Signs in to the HTTP API, as a script would. */
    async script(name: string) {
      return Script.signIn(here.server.url, name);
    },
  };
};

/** A name as part of a file name. */
export const slug = (name: string): string => name.replaceAll(/\W+/g, "-").toLowerCase();
