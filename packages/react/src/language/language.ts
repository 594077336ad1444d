import { useSyncExternalStore } from "react";
import english from "./en.gen.ts";
import type { Catalogue } from "./format.ts";
import { createText, type Text } from "./text.ts";

interface Language {
  /** What its speakers call it. */
  readonly name: string;
  /** The BCP 47 tag for `Intl` and for the page if the browser names none. */
  readonly tag: string;
  readonly direction?: "rtl";
  readonly load: () => Promise<{ readonly default: Catalogue }>;
}

/** The languages that there are messages in. Those of English come with the page, all others when they are chosen. */
export const LANGUAGES = {
  en: { name: "English", tag: "en-GB", load: async () => ({ default: english }) },
  de: { name: "Deutsch", tag: "de", load: () => import("./de.gen.ts") },
  es: { name: "Español", tag: "es", load: () => import("./es.gen.ts") },
  fr: { name: "Français", tag: "fr", load: () => import("./fr.gen.ts") },
  zh: { name: "简体中文", tag: "zh-Hans", load: () => import("./zh.gen.ts") },
  ja: { name: "日本語", tag: "ja", load: () => import("./ja.gen.ts") },
  ar: { name: "العربية", tag: "ar", direction: "rtl", load: () => import("./ar.gen.ts") },
} as const satisfies Record<string, Language>;

export type LanguageCode = keyof typeof LANGUAGES;

const isLanguage = (code: string | null | undefined): code is LanguageCode =>
  code !== null && code !== undefined && Object.hasOwn(LANGUAGES, code);

/** The languages that the browser's user reads, the best first. Elsewhere, as in tests, there are none. */
const preferred = (): readonly string[] => (typeof document === "undefined" ? [] : navigator.languages);

const codeOf = (tag: string): string => tag.toLowerCase().split("-")[0] ?? "";

/** The first of these languages that there are messages in, else English. */
export const bestOf = (tags: readonly string[]): LanguageCode => tags.map(codeOf).find(isLanguage) ?? "en";

/** The tag for `Intl`: that of the browser's user if it is of this language, as `de-AT`. */
export const localeOf = (code: LanguageCode, tags: readonly string[]): string =>
  tags.find((tag) => codeOf(tag) === code && Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0) ??
  LANGUAGES[code].tag;

const KEY = "chinwag:language";

/** The language that was chosen in the settings; undefined if it is the browser's. */
export const chosenLanguage = (): LanguageCode | undefined => {
  const kept = localStorage.getItem(KEY);
  return isLanguage(kept) ? kept : undefined;
};

/** The language of the browser's user. */
export const browserLanguage = (): LanguageCode => bestOf(preferred());

const textOf = (code: LanguageCode, catalogue: Catalogue): Text => {
  const language: Language = LANGUAGES[code];
  return createText(catalogue, {
    locale: localeOf(code, preferred()),
    direction: language.direction ?? "ltr",
  });
};

let now: Text = textOf("en", english);
/** The last language that was asked for: one that arrives later does not replace it. */
let wanted: LanguageCode = "en";
const listeners = new Set<() => void>();

/** The messages of the current language, for what is not drawn by React. Call it each time: the language may change. */
export const currentText = (): Text => now;

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The messages of the current language; draws again when another language is chosen. */
export const useText = (): Text => useSyncExternalStore(subscribe, currentText, currentText);

/** Changes to a language, after loading its messages. */
export const setLanguage = async (code: LanguageCode): Promise<void> => {
  wanted = code;
  const { default: catalogue } = await LANGUAGES[code].load();
  if (wanted !== code) return;
  now = textOf(code, catalogue);
  for (const listener of listeners) listener();
};

/** Tells the page's language and direction to the browser. */
const markPage = (): void => {
  const { documentElement } = document;
  documentElement.lang = now.locale;
  documentElement.dir = now.direction;
};

/** Begins a page that is Chinwag's own: in the chosen language, else the browser's, else English. */
export const beginLanguage = async (): Promise<void> => {
  // What can't be loaded is not missed: English is there.
  await setLanguage(chosenLanguage() ?? browserLanguage()).catch(() => {});
  markPage();
};

/** Begins a part of somebody else's page: in the page's language, else the browser's, else English. */
export const beginEmbeddedLanguage = (): void => {
  const { lang } = document.documentElement;
  setLanguage(bestOf(lang === "" ? preferred() : [lang, ...preferred()])).catch(() => {});
};

/** Changes the page to the language chosen in the settings; undefined is the browser's. */
export const chooseLanguage = async (code: LanguageCode | undefined): Promise<void> => {
  await setLanguage(code ?? browserLanguage());
  markPage();
  if (code === undefined) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, code);
};

/** Makes a function that returns what `make` made for the current language, such as a formatter, which is costly. */
export const perLanguage = <T>(make: (locale: string) => T): (() => T) => {
  let made: { readonly text: Text; readonly value: T } | undefined;
  return () => {
    if (made?.text !== now) made = { text: now, value: make(now.locale) };
    return made.value;
  };
};
