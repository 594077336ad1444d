// Compiles the catalogues in locales/ into src/language/*.gen.ts, so that no parser is loaded with the page.
// `--check` compares instead, and fails if a file is not what its catalogue says.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { parse, TYPE } from "@formatjs/icu-messageformat-parser";

const LOCALES = new URL("../locales/", import.meta.url);
const OUT = new URL("../src/language/", import.meta.url);
const NOTE = "// Generated from packages/react/locales by `npm run messages`. Do not edit.\n";

/** Compiles a message; src/language/format.ts describes the result. */
const compiled = (elements) => {
  const parts = elements.map(part);
  if (parts.length === 0) return "";
  return parts.length === 1 && typeof parts[0] === "string" ? parts[0] : parts;
};

const part = (element) => {
  switch (element.type) {
    case TYPE.literal:
      return element.value;
    case TYPE.argument:
      return [element.value];
    case TYPE.number:
      if (element.style !== undefined && element.style !== null && element.style !== "percent")
        throw new Error(`unknown number style ${element.style}`);
      return [element.value, element.style === "percent" ? 1 : 0];
    case TYPE.pound:
      return 0;
    case TYPE.plural:
      if (element.offset !== 0 || element.pluralType !== "cardinal")
        throw new Error("only cardinal plurals without an offset are known");
      return [element.value, options(element)];
    case TYPE.select:
      return [element.value, options(element), 1];
    default:
      throw new Error(`an element of type ${element.type} is not known`);
  }
};

const options = (element) =>
  Object.fromEntries(Object.entries(element.options).map(([name, { value }]) => [name, compiled(value)]));

/** The parameters of a message, with their TypeScript types. */
const paramsOf = (elements, found = new Map()) => {
  for (const element of elements) {
    if (element.type === TYPE.argument && !found.has(element.value)) found.set(element.value, "Plain");
    if (element.type === TYPE.number || element.type === TYPE.plural) found.set(element.value, "number");
    if (element.type === TYPE.select) found.set(element.value, "string");
    for (const { value } of Object.values(element.options ?? {})) paramsOf(value, found);
  }
  return found;
};

const read = (name) => JSON.parse(readFileSync(new URL(name, LOCALES), "utf8"));

const parsed = (catalogue, name) =>
  Object.entries(catalogue).map(([key, text]) => {
    try {
      return [key, parse(text, { ignoreTag: true })];
    } catch (cause) {
      throw new Error(`${name}: ${key} is not an ICU message`, { cause });
    }
  });

const catalogueFile = (name) => {
  const messages = parsed(read(name), name).map(([key, elements]) => {
    return `  ${JSON.stringify(key)}: ${JSON.stringify(compiled(elements))},\n`;
  });
  return `${NOTE}import type { Catalogue } from "./format.ts";\n\nconst messages: Catalogue = {\n${messages.join("")}};\n\nexport default messages;\n`;
};

const typesFile = () => {
  const lines = parsed(read("en.json"), "en.json").map(([key, elements]) => {
    const params = [...paramsOf(elements)].map(([name, type]) => `${name}: ${type}`);
    return `  ${JSON.stringify(key)}: ${params.length > 0 ? `{ ${params.join("; ")} }` : "null"};\n`;
  });
  return `${NOTE}\n/** A text or a number as it is. */\nexport type Plain = string | number;\n\n/** All messages, with their parameters. */\nexport interface Messages {\n${lines.join("")}}\n`;
};

const names = readdirSync(LOCALES).filter((name) => name.endsWith(".json"));
const files = new Map(names.map((name) => [name.replace(".json", ".gen.ts"), catalogueFile(name)]));
files.set("messages.gen.ts", typesFile());

for (const [name, content] of files) {
  const path = new URL(name, OUT);
  if (!process.argv.includes("--check")) writeFileSync(path, content);
  else if (readFileSync(path, "utf8") !== content)
    throw new Error(`src/language/${name} is out of date: npm run messages -w @chinwag/react`);
}
