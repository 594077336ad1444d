import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePorts, kill, until } from "./process";
import { answered, COMMANDS, DrivenPage, httpCommands, Marionette } from "./webdriver";

const FIREFOX = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];
const WEBKIT = "/usr/bin/WebKitWebDriver";
const XVFB = "/usr/bin/Xvfb";

/** A browser with another engine than Chromium's. */
export interface Engine {
  readonly name: string;
  /** What is to be installed first; undefined if nothing is missing. */
  readonly missing: string | undefined;
  open(): Promise<DrivenPage>;
}

/** Preferences of Firefox: a port of its choice, and nothing that asks other servers. */
const PREFERENCES = {
  "marionette.port": 0,
  "intl.accept_languages": "en-GB",
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
};

/** Runs in Firefox itself: what pages wrote to its console, and what its engine had to say about them. */
const FIREFOX_ERRORS = `
  const { Ci } = globalThis;
  const storage = Components.classes["@mozilla.org/consoleAPI-storage;1"].getService(Ci.nsIConsoleAPIStorage);
  const written = storage.getEvents()
    .filter(({ level, filename }) => ["error", "warn"].includes(level) && filename.startsWith("http"))
    .map((event) => [...event.arguments].join(" "));
  const found = Services.console.getMessageArray()
    .filter((each) => each instanceof Ci.nsIScriptError && each.sourceName.startsWith("http"))
    .map((each) => each.errorMessage + " (" + each.sourceName + ":" + each.lineNumber + ")");
  return [...written, ...found];`;

const openFirefox = async (path: string): Promise<DrivenPage> => {
  const profile = await mkdtemp(join(tmpdir(), "chinwag-firefox-"));
  const lines = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  await writeFile(join(profile, "user.js"), lines.join("\n"));
  const flags = ["--headless", "--no-remote", "--marionette", "--remote-allow-system-access"];
  const child = spawn(path, [...flags, "--profile", profile], { stdio: "ignore" });
  const end = async () => {
    await kill(child);
    await rm(profile, { recursive: true, force: true, maxRetries: 10 });
  };
  try {
    const portFile = join(profile, "MarionetteActivePort");
    await until(async () => Number(await readFile(portFile, "utf8")) > 0);
    const socket = connect(Number(await readFile(portFile, "utf8")), "127.0.0.1");
    const marionette = new Marionette(socket);
    await marionette.call("WebDriver:NewSession", { capabilities: { alwaysMatch: {} } });
    return new DrivenPage({
      send: (command, parameters) => marionette.call(COMMANDS[command][2], parameters),
      errors: async () => {
        await marionette.call("Marionette:SetContext", { value: "chrome" });
        const errors = await marionette.call("WebDriver:ExecuteScript", { script: FIREFOX_ERRORS, args: [] });
        await marionette.call("Marionette:SetContext", { value: "content" });
        return errors as string[];
      },
      end: async () => {
        socket.destroy();
        await end();
      },
    });
  } catch (error) {
    await end();
    throw error;
  }
};

/** A screen that nobody sees, for browsers that need one. */
const openScreen = async (): Promise<{ display: string; process: ChildProcess }> => {
  const child = spawn(XVFB, ["-displayfd", "1", "-screen", "0", "1280x1000x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const lines = createInterface({ input: child.stdout });
  const display = await new Promise<string>((found, failed) => {
    lines.once("line", (line) => found(`:${line.trim()}`));
    child.once("exit", (code) => failed(new Error(`Xvfb ended with ${code}`)));
  });
  return { display, process: child };
};

/** What WebKit prints for a message on the console, if it is an error or a warning. */
const WEBKIT_ERROR = /CONSOLE \S+ (ERROR|WARN)/;

const openWebKit = async (): Promise<DrivenPage> => {
  const home = await mkdtemp(join(tmpdir(), "chinwag-webkit-"));
  const screen = await openScreen();
  const [port] = await freePorts(1);
  const driver = spawn(WEBKIT, [`--port=${port}`], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, DISPLAY: screen.display, HOME: home, XDG_CACHE_HOME: home, LANG: "en_GB.UTF-8" },
  });
  const errors: string[] = [];
  for (const input of [driver.stdout, driver.stderr])
    createInterface({ input }).on("line", (line) => WEBKIT_ERROR.test(line) && errors.push(line));
  const end = async () => {
    await kill(driver, "SIGTERM");
    await kill(screen.process);
    await rm(home, { recursive: true, force: true, maxRetries: 10 });
  };
  try {
    const url = `http://127.0.0.1:${port}`;
    await until(async () => (await fetch(`${url}/status`)).ok);
    const browser = { args: ["--automation", "--enable-write-console-messages-to-stdout=true"] };
    const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": browser } };
    const asked = await fetch(`${url}/session`, { method: "POST", body: JSON.stringify({ capabilities }) });
    const { sessionId } = (await answered(asked)) as { sessionId: string };
    return new DrivenPage({
      send: httpCommands(`${url}/session/${sessionId}`),
      errors: async () => errors,
      end: async () => {
        await fetch(`${url}/session/${sessionId}`, { method: "DELETE" });
        await end();
      },
    });
  } catch (error) {
    await end();
    throw error;
  }
};

const firefox = FIREFOX.find((path) => existsSync(path));

export const ENGINES: readonly Engine[] = [
  {
    name: "Firefox",
    missing: firefox === undefined ? "firefox-esr" : undefined,
    open: () => openFirefox(firefox ?? ""),
  },
  {
    name: "WebKit",
    missing: [WEBKIT, XVFB].every((path) => existsSync(path)) ? undefined : "webkit2gtk-driver and xvfb",
    open: openWebKit,
  },
];
