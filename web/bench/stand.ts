import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { PASSWORD, Script } from "../e2e/support/script";
import { Server } from "../e2e/support/server";
import type { Expectation } from "./page/recorder";
import { roomUrl } from "./page/selectors";
import { type SignedIn, Visit } from "./page/visit";
import { VIEWER } from "./seed/names";
import { readAll } from "./seed/reading";
import { Sender } from "./seed/sender";

const FLAGS = ["--limits", "off"];

/** A binary to be measured, running with its own copy of a scene. */
export class Stand {
  readonly server: Server;
  readonly #binary: string;
  readonly #browser: Browser;
  readonly #viewer: Script;
  readonly #signedIn: SignedIn;

  private constructor(server: Server, binary: string, browser: Browser, viewer: Script, signedIn: SignedIn) {
    this.server = server;
    this.#binary = binary;
    this.#browser = browser;
    this.#viewer = viewer;
    this.#signedIn = signedIn;
  }

  static async set(binary: string, scene: string, browser: Browser): Promise<Stand> {
    const data = await mkdtemp(join(tmpdir(), "chinwag-bench-"));
    await cp(scene, data, { recursive: true });
    const server = await Server.start(FLAGS, { data, binary });
    const viewer = await Script.signIn(server.url, VIEWER);
    return new Stand(server, binary, browser, viewer, await signIn(server.url));
  }

  /** The URL of the web client. */
  get url(): string {
    return this.server.url;
  }

  /**
   * Opens a room as the viewer, in a new browser context, and does something there once the page has settled. `first` is
   * the message that shows that the room is open. Everything has been read before.
   */
  async visit<T>(topic: string, first: Expectation, act: (visit: Visit) => Promise<T>): Promise<T> {
    await readAll(this.#viewer);
    const visit = await Visit.begin(this.#browser, this.#signedIn, first);
    try {
      await visit.open(roomUrl(this.url, topic));
      return await act(visit);
    } finally {
      await visit.end();
    }
  }

  /** Connects as one of the speakers by MQTT. */
  async sender(name: string, url = this.url): Promise<Sender> {
    return Sender.connect(url, name, await Script.signIn(url, name));
  }

  /** Takes the server away from the browser, does something with it at another address, and brings it back. */
  async away(act: (url: string) => Promise<void>): Promise<void> {
    await this.server.kill();
    const elsewhere = await Server.start(FLAGS, { data: this.server.data, binary: this.#binary });
    await act(elsewhere.url);
    await elsewhere.stop();
    await this.server.up();
  }

  async end(): Promise<void> {
    await this.server.kill();
    await rm(this.server.data, { recursive: true, force: true });
  }
}

/** Signs the viewer in; the cookie is what a browser would keep. */
const signIn = async (url: string): Promise<SignedIn> => {
  const answer = await fetch(`${url}/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: VIEWER, password: PASSWORD }),
  });
  const [name = "", value = ""] = (answer.headers.getSetCookie()[0] ?? "").split(";")[0]?.split("=") ?? [];
  if (!answer.ok || !value) throw new Error(`${VIEWER} can't sign in: ${answer.status}`);
  return { url, cookie: { name, value } };
};
