import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { freePorts, kill, until } from "./process";

const BINARY = resolve(process.env.CHINWAG_BIN ?? join(import.meta.dirname, "../../../target/debug/chinwag"));

interface Place {
  /** The data folder; without it, a new one. */
  readonly data?: string;
  readonly binary?: string;
}

/** The real server, on its own ports and data folder. */
export class Server {
  readonly data: string;
  readonly #binary: string;
  /** The URL of the web client. */
  url = "";
  /** Resolves to the one-time link of the first start, which is printed after the server is ready. */
  readonly setupLink: Promise<string>;
  #linkPrinted: (link: string) => void = () => {};
  #ports: { http: number; mqtt: number; ws: number };
  readonly #flags: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(
    data: string,
    binary: string,
    ports: { http: number; mqtt: number; ws: number },
    flags: readonly string[],
  ) {
    this.data = data;
    this.#binary = binary;
    this.#flags = flags;
    this.#ports = ports;
    this.setupLink = new Promise((printed) => {
      this.#linkPrinted = printed;
    });
  }

  /** `flags` are additional arguments for `serve`. */
  static async start(flags: readonly string[] = [], place: Place = {}): Promise<Server> {
    const data = place.data ?? (await mkdtemp(join(tmpdir(), "chinwag-e2e-")));
    // The ports must stay the same after a kill, so they are chosen here rather than by the server.
    const [http, mqtt, ws] = await freePorts(3);
    const server = new Server(
      data,
      place.binary ?? BINARY,
      { http: http ?? 0, mqtt: mqtt ?? 0, ws: ws ?? 0 },
      flags,
    );
    await server.up();
    return server;
  }

  /** Starts or restarts it on the same ports and waits until it is ready. */
  async up(): Promise<void> {
    const { http, mqtt, ws } = this.#ports;
    const at = (port: number) => `127.0.0.1:${port}`;
    const flags = ["serve", "--data", this.data, "--http", at(http), "--mqtt", at(mqtt), "--ws", at(ws)];
    const child = spawn(this.#binary, [...flags, ...this.#flags], { stdio: ["ignore", "pipe", "inherit"] });
    this.#process = child;
    await new Promise<void>((ready, failed) => {
      child.once("error", failed);
      child.once("exit", (code) => failed(new Error(`the server ended with ${code} before it was ready`)));
      createInterface({ input: child.stdout }).on("line", (line) => {
        const found = /https?:\/\/\S+/.exec(line)?.[0];
        if (found?.includes("/setup#")) this.#linkPrinted(found);
        else if (found && line.includes("web and HTTP")) {
          this.url = found;
          ready();
        }
      });
    });
    await until(async () => (await fetch(`${this.url}/readyz`)).ok);
  }

  /** Kills it with SIGKILL. */
  async kill(): Promise<void> {
    await kill(this.#process);
  }

  /** Stops it in order: it stores what it gathers, such as read cursors. */
  async stop(): Promise<void> {
    await kill(this.#process, "SIGTERM");
  }

  /** Runs a command of the binary while the server runs. */
  async command(args: readonly string[], input = ""): Promise<string> {
    const [verb = "", ...rest] = args;
    return new Promise((done, failed) => {
      const child = execFile(this.#binary, [verb, ...rest, "--data", this.data], (error, out, problem) =>
        error ? failed(new Error(`chinwag ${args.join(" ")}: ${problem}`)) : done(out.trim()),
      );
      child.stdin?.end(input);
    });
  }

  /** Creates an account and waits until the running server accepts it. */
  async addUser(name: string, password: string): Promise<void> {
    await this.command(["user", "add", name, "--password-stdin"], `${password}\n`);
    await until(async () => {
      const body = JSON.stringify({ username: name, password });
      const headers = { "content-type": "application/json" };
      return (await fetch(`${this.url}/session`, { method: "POST", headers, body })).ok;
    });
  }

  async end(): Promise<void> {
    await this.kill();
    await rm(this.data, { recursive: true, force: true });
  }
}
