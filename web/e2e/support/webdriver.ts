import type { Socket } from "node:net";
import { until } from "./process";

/** How commands reach a browser: over HTTP as the standard says, or over Firefox's own protocol. */
export interface Transport {
  /** Sends a command of the W3C's WebDriver standard and returns its value. */
  send(command: Command, parameters: Record<string, unknown>): Promise<unknown>;
  /** Errors and warnings that pages wrote to the console. */
  errors(): Promise<string[]>;
  /** Ends the browser. */
  end(): Promise<void>;
}

/** The commands that are used, with their method and path over HTTP and their name in Firefox. */
export const COMMANDS = {
  navigate: ["POST", "/url", "WebDriver:Navigate"],
  refresh: ["POST", "/refresh", "WebDriver:Refresh"],
  back: ["POST", "/back", "WebDriver:Back"],
  resize: ["POST", "/window/rect", "WebDriver:SetWindowRect"],
  script: ["POST", "/execute/sync", "WebDriver:ExecuteScript"],
  screenshot: ["GET", "/screenshot", "WebDriver:TakeScreenshot"],
  click: ["POST", "/element/:id/click", "WebDriver:ElementClick"],
  type: ["POST", "/element/:id/value", "WebDriver:ElementSendKeys"],
} as const;

export type Command = keyof typeof COMMANDS;

/** The key under which the standard wraps references to elements. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

/** The codes of keys that are no characters. */
export const KEY = { enter: "\uE007", escape: "\uE00C" } as const;

/** WebDriver over HTTP. */
export const httpCommands = (session: string): Transport["send"] => {
  return async (command, { id, ...parameters }) => {
    const [method, path] = COMMANDS[command];
    const body = method === "POST" ? { body: JSON.stringify(parameters) } : {};
    return answered(await fetch(`${session}${path.replace(":id", `${id}`)}`, { method, ...body }));
  };
};

export const answered = async (answer: Response): Promise<unknown> => {
  const { value } = (await answer.json()) as { value: { error?: string; message?: string } | null };
  if (!answer.ok) throw new Error(`${value?.error}: ${value?.message}`);
  return value;
};

/** Marionette, which every Firefox speaks: the same commands as JSON over TCP, each with its length before it. */
export class Marionette {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, { done(value: unknown): void; failed(error: Error): void }>();
  #last = 0;
  #bytes = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      for (let packet = this.#next(); packet; packet = this.#next()) this.#answered(JSON.parse(packet));
    });
    socket.on("close", () => {
      for (const { failed } of this.#waiting.values()) failed(new Error("Firefox hung up"));
    });
  }

  /** Sends a command and returns its value. */
  call(name: string, parameters: Record<string, unknown> = {}): Promise<unknown> {
    this.#last += 1;
    const packet = JSON.stringify([0, this.#last, name, parameters]);
    this.#socket.write(`${Buffer.byteLength(packet)}:${packet}`);
    return new Promise((done, failed) => this.#waiting.set(this.#last, { done, failed }));
  }

  #next(): string | undefined {
    const colon = this.#bytes.indexOf(":");
    if (colon < 0) return undefined;
    const end = colon + 1 + Number(this.#bytes.subarray(0, colon));
    if (this.#bytes.length < end) return undefined;
    const packet = this.#bytes.subarray(colon + 1, end).toString();
    this.#bytes = this.#bytes.subarray(end);
    return packet;
  }

  #answered(packet: unknown): void {
    // The first packet is a greeting, and no array.
    if (!Array.isArray(packet)) return;
    const [, id, error, result] = packet as [1, number, { error: string; message: string } | null, unknown];
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.failed(new Error(`${error.error}: ${error.message}`));
    else waiting?.done(isWrapped(result) ? result.value : result);
  }
}

const isWrapped = (result: unknown): result is { value: unknown } =>
  typeof result === "object" && result !== null && Object.keys(result).join() === "value";

/** A page in a browser that speaks WebDriver. Whatever it looks for, it waits for. */
export class DrivenPage {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async goto(url: string): Promise<void> {
    await this.#transport.send("navigate", { url });
  }

  async reload(): Promise<void> {
    await this.#transport.send("refresh", {});
  }

  async back(): Promise<void> {
    await this.#transport.send("back", {});
  }

  async resize(width: number, height: number): Promise<void> {
    await this.#transport.send("resize", { width, height });
  }

  /** Evaluates an expression in the page. */
  async evaluate<T>(expression: string, ...args: unknown[]): Promise<T> {
    return (await this.#transport.send("script", { script: `return (${expression})`, args })) as T;
  }

  /** Waits until an expression is true in the page. */
  async until(expression: string, ...args: unknown[]): Promise<void> {
    await until(() => this.evaluate<boolean>(expression, ...args)).catch((error) => {
      throw new Error(`${error.message}: ${expression} ${args}`);
    });
  }

  /** Waits until such an element is shown. */
  async sees(selector: string, text = ""): Promise<void> {
    await this.until(`(${SHOWN})(arguments[0], arguments[1]) !== undefined`, selector, text);
  }

  async click(selector: string, text = ""): Promise<void> {
    // An element that is drawn anew between the two commands is looked for again.
    await until(async () => {
      await this.#transport.send("click", { id: await this.#find(selector, text) });
      return true;
    });
  }

  /** Presses keys while such an element has the focus. */
  async type(selector: string, text: string): Promise<void> {
    await this.sees(selector);
    await this.#transport.send("type", { id: await this.#find(selector, ""), text });
  }

  /** Chooses a file in a field, which need not be shown. */
  async choose(selector: string, path: string): Promise<void> {
    const id = await this.evaluate<Record<string, string>>("document.querySelector(arguments[0])", selector);
    await this.#transport.send("type", { id: id[ELEMENT], text: path });
  }

  async screenshot(): Promise<Buffer> {
    return Buffer.from((await this.#transport.send("screenshot", {})) as string, "base64");
  }

  errors(): Promise<string[]> {
    return this.#transport.errors();
  }

  end(): Promise<void> {
    return this.#transport.end();
  }

  async #find(selector: string, text: string): Promise<string> {
    const found = await this.evaluate<Record<string, string> | null>(
      `(${SHOWN})(arguments[0], arguments[1])`,
      selector,
      text,
    );
    const id = found?.[ELEMENT];
    if (id === undefined) throw new Error(`nothing is shown for ${selector} ${text}`);
    return id;
  }
}

/** Runs in the page: the last element that is shown, is selected, and contains the text. */
const SHOWN = `(selector, text) => [...document.querySelectorAll(selector)]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }) && each.textContent.includes(text))
  .at(-1)`;
