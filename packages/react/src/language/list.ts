import { isolated } from "./format.ts";
import { currentText, perLanguage } from "./language.ts";

const format = perLanguage((locale) => new Intl.ListFormat(locale, { type: "conjunction" }));

/** Names as a list: "ana, bo and cyd". */
export const listed = (names: readonly string[]): string =>
  format().format(names.map((name) => isolated(name, currentText())));
