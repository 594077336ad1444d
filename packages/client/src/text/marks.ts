import { charAt, charBefore, isAscii, isOfWord, isSpace, isUnspaced, runLength } from "./characters.ts";

/** A run of `*`, `_`, `~` or `|` that may begin or end a style. */
export interface Mark {
  readonly sign: string;
  readonly length: number;
  readonly opens: boolean;
  readonly closes: boolean;
}

/** The longest run of each sign that is a mark. */
const LONGEST: Readonly<Record<string, number>> = { "*": 3, _: 2, "~": 2, "|": 2 };

/**
 * The mark at a position, or `undefined` if the run there is text. People also type these signs in sums, paths,
 * patterns and faces, so a mark must stand at the edge of a word and look outwards. `isAfterPart` tells that a link,
 * code or a mention ends before it.
 */
export const markAt = (text: string, at: number, isAfterPart: boolean): Mark | undefined => {
  const sign = text[at] ?? "";
  const length = runLength(text, at);
  const isMark = sign === "~" || sign === "|" ? length === 2 : length <= (LONGEST[sign] ?? 0);
  if (!isMark) return undefined;
  const run: Run = {
    sign,
    length,
    before: charBefore(text, at),
    after: charAt(text, at + length),
    isAfterPart,
  };
  if (isQuoted(run)) return undefined;
  const opens = mayOpen(run);
  const closes = mayClose(run, charAt(text, at + length + 1));
  return opens || closes ? { sign, length, opens, closes } : undefined;
};

interface Run {
  readonly sign: string;
  readonly length: number;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly isAfterPart: boolean;
}

const QUOTE = /["'‚„\p{Pi}\p{Pf}]/u;

/** A mark that somebody speaks about: `"*"`. */
const isQuoted = ({ before, after }: Run): boolean =>
  before !== undefined && after !== undefined && QUOTE.test(before) && QUOTE.test(after);

/** Whether a character continues a word across the mark. In scripts without spaces, doubled marks stand anywhere. */
const joins = (char: string | undefined, { length }: Run): boolean =>
  char !== undefined && (isOfWord(char) || (length === 1 && isUnspaced(char)));

const BEFORE_OPENING = /[\s\p{Ps}\p{Pi}\p{Pf}\p{Cf}"',;:!?*_~|]/u;
/** Emoji end with a variation selector or a keycap, too. */
const SYMBOL = /[\p{P}\p{S}]|\u{FE0F}|\u{20E3}/u;
const NOT_AFTER_OPENING = /[\s\p{Pe},;:!?/\\=>]/u;

const mayOpen = (run: Run): boolean => {
  const { sign, length, before, after } = run;
  if (after === undefined || NOT_AFTER_OPENING.test(after)) return false;
  if (after === "." && sign === "*" && length === 1) return false;
  if (before === undefined) return true;
  if (joins(before, run)) return false;
  return (
    BEFORE_OPENING.test(before) ||
    isUnspaced(before) ||
    (!isAscii(before) && SYMBOL.test(before)) ||
    (length > 1 && (before === "/" || before === "-"))
  );
};

const NOT_BEFORE_CLOSING = /[\s\p{Ps}/\\=<]/u;
const OPENING_QUOTE = /[‚„]/;

const mayClose = (run: Run, second: string | undefined): boolean => {
  const { sign, length, before, after, isAfterPart } = run;
  if (before === undefined) return false;
  if (!isAfterPart && NOT_BEFORE_CLOSING.test(before) && !OPENING_QUOTE.test(before)) return false;
  if (after === undefined || isSpace(after)) return true;
  if (joins(after, run)) return false;
  if (length > 1 && sign !== "_") return true;
  // `__init__.py`, `*a*.txt`, `_a_/b`
  return !/[/\\]/.test(after) && !(after === "." && second !== undefined && isOfWord(second));
};
