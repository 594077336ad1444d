import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePorts, kill, until } from "./process";

/** Debian installs it in a folder that is only in root's PATH. */
const PROGRAM = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"].find(existsSync) ?? "mosquitto";
const PLUGIN = [
  "/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so",
  "/usr/lib/aarch64-linux-gnu/mosquitto_dynamic_security.so",
  "/usr/lib/mosquitto_dynamic_security.so",
].find(existsSync);
const USER = "chinwag";
const PASSWORD = "a-password-for-the-broker";

/**
 * Mosquitto with its dynamic-security plugin as configured by `mosquitto_ctrl dynsec init`; Chinwag configures the
 * rest.
 */
export class Mosquitto {
  /** The broker arguments for `chinwag serve`. */
  readonly flags: readonly string[];
  readonly #folder: string;
  readonly #port: number;
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number, ws: number) {
    this.#folder = folder;
    this.#port = port;
    const url = `mqtt://${USER}:${PASSWORD}@127.0.0.1:${port}`;
    this.flags = ["--broker", url, "--broker-websocket", `ws://127.0.0.1:${ws}/mqtt`];
  }

  static async start(): Promise<Mosquitto> {
    if (!PLUGIN) throw new Error("Mosquitto's dynamic-security plugin is missing: apt-get install mosquitto");
    const folder = await mkdtemp(join(tmpdir(), "chinwag-mosquitto-"));
    const [port = 0, ws = 0] = await freePorts(2);
    const rules = join(folder, "dynamic-security.json");
    await promisify(execFile)("mosquitto_ctrl", ["dynsec", "init", rules, USER, PASSWORD]);
    const settings = [
      "user root",
      "persistence true",
      `persistence_location ${folder}/`,
      "log_dest none",
      `listener ${port} 127.0.0.1`,
      `listener ${ws} 127.0.0.1`,
      "protocol websockets",
      "allow_anonymous false",
      `plugin ${PLUGIN}`,
      `plugin_opt_config_file ${rules}`,
    ];
    await writeFile(join(folder, "mosquitto.conf"), `${settings.join("\n")}\n`);
    const broker = new Mosquitto(folder, port, ws);
    await broker.up();
    return broker;
  }

  async up(): Promise<void> {
    this.#process = spawn(PROGRAM, ["-c", join(this.#folder, "mosquitto.conf")], { stdio: "ignore" });
    await until(
      () =>
        new Promise<boolean>((done) => {
          const probe = connect(this.#port, "127.0.0.1");
          probe.once("error", () => done(false));
          probe.once("connect", () => {
            probe.destroy();
            done(true);
          });
        }),
    );
  }

  async kill(): Promise<void> {
    await kill(this.#process);
  }

  async end(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
