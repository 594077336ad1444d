import { currentText, withoutIsolates } from "@chinwag/react/language";

/** Browsers by a word of their user agent. Those that claim to be others come before them. */
const BROWSERS = [
  [/\bEdg(e|A|iOS)?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(Chrome|CriOS|HeadlessChrome)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
] as const;

const SYSTEMS = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
] as const;

const first = (agent: string, names: readonly (readonly [RegExp, string])[]): string | undefined =>
  names.find(([sign]) => sign.test(agent))?.[1];

/** The browser and the system of a user agent, as "Firefox on Linux". */
export const browserOf = (agent: string): string => {
  const t = currentText();
  const browser = first(agent, BROWSERS) ?? t("signIn.browser");
  const system = first(agent, SYSTEMS);
  return system ? withoutIsolates(t("signIn.browserOn", { browser, system })) : browser;
};

/** A name for a sign-in with this browser, by which it is recognised in the settings. */
export const thisBrowser = (): string => browserOf(navigator.userAgent);
