import { currentText, perLanguage } from "../language/index.ts";

/** The largest number shown in a badge. */
const MOST = 99;

const decimal = perLanguage((locale) => new Intl.NumberFormat(locale));

/** Formats a count. */
export const countInWords = (count: number): string => decimal().format(count);

/** Formats a count for a badge. */
export const briefCount = (count: number): string =>
  count > MOST ? currentText()("count.over", { most: MOST }) : countInWords(count);
