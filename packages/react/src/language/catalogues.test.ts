import { readdirSync, readFileSync } from "node:fs";
import { type MessageFormatElement, parse, TYPE } from "@formatjs/icu-messageformat-parser";
import { describe, expect, it } from "vitest";
import { LANGUAGES, type LanguageCode } from "./language.ts";

const FOLDER = new URL("../../locales/", import.meta.url);

const read = (code: string): Record<string, string> =>
  JSON.parse(readFileSync(new URL(`${code}.json`, FOLDER), "utf8"));

const codes = Object.keys(LANGUAGES) as LanguageCode[];
const english = read("en");

const tree = (message: string): MessageFormatElement[] => parse(message, { ignoreTag: true });

/** All elements of a message, also those in its options. */
const elementsOf = (elements: readonly MessageFormatElement[]): MessageFormatElement[] =>
  elements.flatMap((element) =>
    "options" in element
      ? [element, ...Object.values(element.options).flatMap(({ value }) => elementsOf(value))]
      : [element],
  );

/** The parameters of a message, each as what it is used. A plural is a number, too. */
const paramsOf = (message: string): string[] => {
  const found = elementsOf(tree(message)).flatMap((element) => {
    switch (element.type) {
      case TYPE.argument:
        return [`${element.value}: text`];
      case TYPE.number:
      case TYPE.plural:
        return [`${element.value}: number`];
      case TYPE.select:
        return [`${element.value}: one of ${Object.keys(element.options).sort()}`];
      default:
        return [];
    }
  });
  return [...new Set(found)].sort();
};

it("each language has a catalogue, and each catalogue a language", () => {
  expect(readdirSync(FOLDER).filter((name) => name.endsWith(".json"))).toEqual(
    codes.map((code) => `${code}.json`).sort(),
  );
});

describe.each(codes)("the catalogue %s", (code) => {
  const catalogue = read(code);

  it("has the keys of English in the same order", () => {
    expect(Object.keys(catalogue)).toEqual(Object.keys(english));
  });

  it("has the parameters of English", () => {
    for (const [key, message] of Object.entries(english))
      expect(paramsOf(catalogue[key] ?? ""), key).toEqual(paramsOf(message));
  });

  it("has all plurals of the language, and no others", () => {
    const categories = new Intl.PluralRules(code).resolvedOptions().pluralCategories.toSorted();
    for (const [key, message] of Object.entries(catalogue))
      for (const element of elementsOf(tree(message)))
        if (element.type === TYPE.plural)
          expect(Object.keys(element.options).sort(), key).toEqual(categories);
  });

  it("has other options for what a newer server may send", () => {
    for (const message of Object.values(catalogue))
      for (const element of elementsOf(tree(message)))
        if (element.type === TYPE.select) expect(Object.keys(element.options)).toContain("other");
  });

  it("has the quotes and the ellipsis of printed text", () => {
    for (const [key, message] of Object.entries(catalogue))
      expect(message, key).not.toMatch(/["']|\.\.\.(?!”)/);
  });
});

/** Messages that are the same in another language: names, abbreviations, shared words, and formats of numbers. */
const SAME =
  /^\P{L}*$|^(– Chinwag|Ctrl K|Backend|System|Offline|Online|Name:?|Token|Topic|Browser|Code|General|Admin|Notifications)$/u;

describe.each(codes.filter((code) => code !== "en"))("the catalogue %s", (code) => {
  it("is translated", () => {
    const catalogue = read(code);
    const left = Object.keys(english).filter((key) => {
      const text = elementsOf(tree(catalogue[key] ?? ""))
        .map((element) => (element.type === TYPE.literal ? element.value : ""))
        .join("")
        .trim();
      // What is printed on keys is English in many countries.
      return catalogue[key] === english[key] && !SAME.test(text) && !key.startsWith("keycap.");
    });
    expect(left).toEqual([]);
  });
});
