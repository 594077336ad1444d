import { LEVEL_CHARS, MENTIONS } from "@chinwag/protocol";
import { charAt, charBefore, isLetter, isMark, isUnspaced } from "./characters.ts";

/** Most names that are looked up for one message. The same as in `crates/chinwag-protocol/src/mention.rs`. */
const LOOK_UPS = 500;

/**
 * Finds the mentions of one message. Who is mentioned is decided by the server
 * (`crates/chinwag-protocol/src/mention.rs`); both follow the table `crates/chinwag-protocol/cases/mentions.json`.
 */
export class Mentions {
  readonly #isName: (name: string) => boolean;
  #lookUps = LOOK_UPS;
  /** Everybody who is mentioned so far. */
  #people: string[] = [];

  constructor(isName: (name: string) => boolean) {
    this.#isName = isName;
  }

  /** How many people have been found; see {@link forget}. */
  get count(): number {
    return this.#people.length;
  }

  /** Forgets those found after the first `count`, because they stand in a link. */
  forget(count: number): void {
    this.#people = this.#people.slice(0, count);
  }

  /** The name that the run of characters after an `@` begins with, and its length as typed. */
  find(run: string): { readonly name: string; readonly length: number } | undefined {
    for (const length of candidates(run)) {
      if (this.#lookUps === 0 || this.#people.length >= MENTIONS) break;
      this.#lookUps -= 1;
      const name = run.slice(0, length).toLowerCase().normalize("NFC");
      if (name === "room" || name === "here") return { name, length };
      if (!this.#isName(name)) continue;
      if (!this.#people.includes(name)) this.#people.push(name);
      return { name, length };
    }
    return undefined;
  }
}

/** The end of the characters at a position that a name may have. */
export const nameEnd = (text: string, from: number): number => {
  let at = from;
  for (let char = charAt(text, at); char !== undefined; char = charAt(text, at)) {
    if (!isLetter(char) && !isMark(char) && !/[-_.\u{200C}\u{200D}]/u.test(char)) break;
    at += char.length;
  }
  return at;
};

/** The length of a run of name characters without the punctuation at its end. */
export const withoutTail = (run: string): number => {
  let end = run.length;
  while (end > 0 && /[-_.]/.test(run[end - 1] ?? "")) end -= 1;
  return end;
};

/**
 * Where a name at the start of a run may end, longest first: at the end of the run, before its trailing punctuation,
 * and before any letter of a script that is written without spaces.
 */
const candidates = (run: string): number[] => {
  const tail = withoutTail(run);
  const ends: number[] = [];
  let at = 0;
  for (let count = 0; count <= LEVEL_CHARS && at < run.length; count += 1) {
    const char = charAt(run, at) ?? "";
    if (at > 0 && (at >= tail || isUnspaced(char))) ends.push(at);
    at += char.length;
    if (at === run.length && count < LEVEL_CHARS) ends.push(at);
  }
  return ends.reverse();
};

/**
 * Whether a mention may begin at this `@`: not inside a word, a mail address or a path. `mentionEnd` is the end of the
 * mention before it.
 */
export const mayMention = (text: string, at: number, mentionEnd: number | undefined): boolean => {
  const last = charBefore(text, at);
  if (last === undefined) return true;
  if (last === "@") return false;
  // `@ana/@bo`, but not `example.org/@bo`.
  if (last === "/") return mentionEnd === at - 1;
  if (/[-_.+]/.test(last)) {
    let word = at;
    while (word > 0 && /[-_.+*~]/.test(text[word - 1] ?? "")) word -= 1;
    if (last === "." || (mentionEnd !== undefined && mentionEnd >= word)) return true;
    const letter = charBefore(text, word);
    return letter === undefined || !isLetter(letter) || isUnspaced(letter);
  }
  return isUnspaced(last) || !(isLetter(last) || isMark(last));
};
