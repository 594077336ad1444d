import { type ChildProcess, execFile, spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "./support/process";
import { Server } from "./support/server";

const ROOT = join(import.meta.dirname, "../..");
const EXAMPLE = join(ROOT, "packages/client/examples/node-chat.mjs");
const PASSWORD = "a good long sentence";

/** The example, run as its first lines say, with the packages as they would be installed. */
class Chatter {
  readonly #child: ChildProcess;
  heard = "";

  constructor(url: string, token: string, room = "general") {
    const env = { ...process.env, CHINWAG_TOKEN: token };
    this.#child = spawn(process.execPath, [EXAMPLE, url, room], {
      cwd: dirname(EXAMPLE),
      env,
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child.stdout?.on("data", (chunk) => {
      this.heard += chunk;
    });
  }

  type(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Ends the input; resolves to the exit code. */
  end(): Promise<number | null> {
    const code = new Promise<number | null>((done) => this.#child.once("exit", done));
    this.#child.stdin?.end();
    return code;
  }
}

describe("a chat from Node", () => {
  let server: Server;
  const chatters: Chatter[] = [];

  const chatter = async (name: string): Promise<Chatter> => {
    const answer = await fetch(`${server.url}/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username: name, password: PASSWORD }),
    });
    const { token } = (await answer.json()) as { token: string };
    const made = new Chatter(server.url, token);
    chatters.push(made);
    return made;
  };

  beforeAll(async () => {
    await promisify(execFile)("npm", ["run", "build:packages"], { cwd: ROOT });
    server = await Server.start();
    for (const name of ["ana", "bo"]) await server.addUser(name, PASSWORD);
  });
  afterAll(() => server?.end());

  it("says and hears, through a restart of the server, and ends by itself when all is said", async () => {
    const [ana, bo] = [await chatter("ana"), await chatter("bo")];
    // Who hears themselves is connected.
    bo.type("Hello");
    await until(async () => bo.heard.includes("bo: Hello"));
    ana.type("Is the kettle on?");
    await until(async () => bo.heard.includes("ana: Is the kettle on?"));
    await server.kill();
    bo.type("It is now");
    await server.up();
    await until(async () => ana.heard.includes("bo: It is now"));
    ana.type("Coming");
    expect(await ana.end()).toBe(0);
    await until(async () => bo.heard.includes("ana: Coming"));
    expect(await bo.end()).toBe(0);
    expect(bo.heard.match(/It is now/g)).toHaveLength(1);
  });
});
