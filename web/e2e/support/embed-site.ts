import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { freePorts, kill } from "./process";

const ROOT = join(import.meta.dirname, "../../..");
const run = promisify(execFile);

/** The site of `examples/embed`, on an origin of its own. */
export class EmbedSite {
  readonly origin: string;
  readonly #port: number;
  readonly #files: string;
  #process: ChildProcess | undefined;

  private constructor(port: number, files: string) {
    this.#port = port;
    this.#files = files;
    this.origin = `http://127.0.0.1:${port}`;
  }

  /** Builds what its pages load, into a folder of its own: other tests build the package, too. */
  static async prepare(): Promise<EmbedSite> {
    const files = await mkdtemp(join(tmpdir(), "chinwag-embed-"));
    const build = ["run", "build:standalone", "-w", "@chinwag/react", "--", "--outDir", files];
    await run("npm", build, { cwd: ROOT });
    const [port = 0] = await freePorts(1);
    return new EmbedSite(port, files);
  }

  /** Starts it, or starts it again with another token. */
  async serve(url: string, token: string): Promise<void> {
    await kill(this.#process);
    const env = {
      ...process.env,
      PORT: `${this.#port}`,
      CHINWAG_URL: url,
      CHINWAG_TOKEN: token,
      CHINWAG_FILES: `${pathToFileURL(this.#files)}/`,
    };
    const child = spawn(process.execPath, [join(ROOT, "examples/embed/serve.mjs")], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#process = child;
    await new Promise<void>((ready, failed) => {
      child.once("error", failed);
      child.once("exit", (code) => failed(new Error(`the site ended with ${code}`)));
      createInterface({ input: child.stdout }).once("line", () => ready());
    });
  }

  async end(): Promise<void> {
    await kill(this.#process);
    await rm(this.#files, { recursive: true, force: true });
  }
}
