import { readFileSync } from "node:fs";
import type { BrowserContextOptions } from "playwright-core";
import type { Person } from "./browser";
import { PHONE } from "./looks";
import { settle } from "./settle";

const WIDE: BrowserContextOptions = { viewport: { width: 1440, height: 900 } };

const ALL: readonly [string, BrowserContextOptions][] = [
  ["wide-light", { colorScheme: "light", ...WIDE }],
  ["wide-dark", { colorScheme: "dark", ...WIDE }],
  ["phone-light", { colorScheme: "light", ...PHONE }],
  ["phone-dark", { colorScheme: "dark", ...PHONE }],
  ["wide-arabic", { locale: "ar", ...WIDE }],
  ["phone-arabic", { locale: "ar", colorScheme: "dark", ...PHONE }],
  // What 200 % makes of a window of 1280 by 800.
  ["zoomed", { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }],
  ["forced-colors", { forcedColors: "active", ...WIDE }],
];

/** `all`, or a part of the names of the looks wanted. */
const WANTED = process.env.CHINWAG_GALLERY ?? "";

/** The looks of which pictures are wanted. */
export const LOOKS = ALL.filter(([look]) => WANTED && (WANTED === "all" || look.includes(WANTED)));

/** The texts of the client, by their keys, in the language of a browser. */
export const textsFor = (locale = "en"): ((key: string) => string | RegExp) => {
  const file = new URL(`../../../packages/react/locales/${locale}.json`, import.meta.url);
  const texts = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
  return (key) => {
    const text = texts[key] ?? "";
    return text.includes("{") ? new RegExp(`^${text.slice(0, text.indexOf("{"))}`) : text;
  };
};

/** Takes a picture for the gallery. */
export const shoot = async (person: Person, name: string): Promise<void> => {
  await settle(person);
  await person.shot(`gallery-${name}`);
};
