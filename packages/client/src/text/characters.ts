/**
 * Letters of scripts without spaces between words, or in which suffixes are attached to names. The same as in
 * `crates/chinwag-protocol/src/mention.rs`.
 */
const UNSPACED =
  /[ー々〆〇\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const LETTER = /[\p{Alphabetic}\p{N}]/u;
const MARK = /\p{M}/u;
/** Variation selectors and the keycap belong to emoji, although Unicode counts them as marks. */
const EMOJI_PART = /[\u{FE00}-\u{FE0F}]|\u{20E3}/u;

export const isAscii = (char: string): boolean => char < "\u{80}";

export const isUnspaced = (char: string): boolean => !isAscii(char) && UNSPACED.test(char);

/** Whether a character is a letter or a digit of any script. */
export const isLetter = (char: string): boolean => LETTER.test(char);

export const isMark = (char: string): boolean => !isAscii(char) && MARK.test(char);

/** Whether a character is a part of a word in a script with spaces between words. */
export const isOfWord = (char: string): boolean =>
  (isLetter(char) || (isMark(char) && !EMOJI_PART.test(char))) && !isUnspaced(char);

export const isSpace = (char: string): boolean => /\s/.test(char);

export const isAsciiPunctuation = (char: string | undefined): boolean =>
  char !== undefined && /[!-/:-@[-`{-~]/.test(char);

/** The character at a position, as a whole; `undefined` at the end. */
export const charAt = (text: string, at: number): string | undefined => {
  const code = text.codePointAt(at);
  return code === undefined ? undefined : String.fromCodePoint(code);
};

/** The character before a position, as a whole; `undefined` at the start. */
export const charBefore = (text: string, at: number): string | undefined => {
  const isPair = at > 1 && charAt(text, at - 2)?.length === 2;
  return at > 0 ? text.slice(isPair ? at - 2 : at - 1, at) : undefined;
};

/** The length of the run of the same character that begins at a position. */
export const runLength = (text: string, at: number): number => {
  let end = at + 1;
  while (end < text.length && text[end] === text[at]) end += 1;
  return end - at;
};
