import type { Mark } from "./marks.ts";
import type { Inline, Style } from "./tree.ts";

/** A piece of a line, before marks are matched with each other. */
export type Token =
  | { readonly type: "mark"; readonly mark: Mark }
  /** A finished part, and how it was typed. */
  | { readonly type: "part"; readonly part: Inline; readonly typed: string };

/** How many unmatched marks back the beginning of a style is searched. */
const REACH = 32;

const BIT: Readonly<Record<Style, number>> = { bold: 1, italic: 2, struck: 4, spoiler: 8 };

/** A mark that has not been closed yet. */
interface Opened {
  readonly sign: string;
  /** The part of the mark that is still unused: of `***`, one style may close before the other. */
  left: number;
  /** The position in `#parts` of the mark as text, which it remains if nothing closes it. */
  readonly at: number;
  /** The styles used inside. A style inside itself would look the same, so nesting ends at four levels. */
  inside: number;
}

/** Matches marks with each other. */
export const styled = (tokens: readonly Token[]): Inline[] => {
  const styles = new Styles();
  for (const token of tokens) {
    if (token.type === "mark") styles.mark(token.mark);
    else styles.part(token.part);
  }
  return joined(styles.parts);
};

class Styles {
  readonly parts: Inline[] = [];
  readonly #opened: Opened[] = [];
  /** The position of the last part that is more than punctuation. */
  #word = -1;

  part(part: Inline): void {
    if (part.type !== "text" || /[A-Za-z0-9]|[^\0-\x7F]/.test(part.text)) this.#word = this.parts.length;
    this.parts.push(part);
  }

  mark({ sign, length, opens, closes }: Mark): void {
    const left = closes ? this.#close(sign, length) : length;
    if (left === 0) return;
    if (opens) this.#opened.push({ sign, left, at: this.parts.length, inside: 0 });
    this.parts.push({ type: "text", text: sign.repeat(left) });
  }

  /** Ends what a mark can end; returns how much of the mark is left. */
  #close(sign: string, length: number): number {
    let left = length;
    while (left > 0) {
      const opened = this.#find(sign, left);
      if (!opened) break;
      // `***` is a style inside the other.
      const used = Math.min(opened.left, left) % 3 || 1;
      if (!this.#wrap(opened, styleOf(sign, used), used)) break;
      left -= used;
    }
    return left;
  }

  /** The nearest mark that a mark of this length can close; marks after it are text. */
  #find(sign: string, length: number): Opened | undefined {
    const lowest = Math.max(0, this.#opened.length - REACH);
    for (let at = this.#opened.length - 1; at >= lowest; at -= 1) {
      const opened = this.#opened[at];
      if (opened?.sign !== sign || (opened.left !== length && opened.left !== 3 && length !== 3)) continue;
      for (const { inside } of this.#opened.splice(at + 1)) opened.inside |= inside;
      return opened;
    }
    return undefined;
  }

  /** Gives everything since the last open mark a style, if that makes sense. Otherwise the mark is text. */
  #wrap(opened: Opened, style: Style, used: number): boolean {
    const { at, left, sign } = opened;
    const isUseless = this.#word <= at || (opened.inside & BIT[style]) > 0;
    if (isUseless || (sign === "_" && used === 2 && this.#isOneName(at + 1))) {
      this.#forget();
      return false;
    }
    const part: Inline = { type: style, inside: joined(this.parts.splice(at + 1)) };
    this.parts.pop();
    if (left > used) this.parts.push({ type: "text", text: sign.repeat(left - used) });
    this.#word = this.parts.length;
    this.parts.push(part);
    opened.left -= used;
    opened.inside |= BIT[style];
    if (opened.left === 0) this.#forget();
    return true;
  }

  /** Removes the last open mark. */
  #forget(): void {
    const inside = this.#opened.pop()?.inside ?? 0;
    const outer = this.#opened.at(-1);
    if (outer) outer.inside |= inside;
  }

  /** `__init__` is a name in a program; `__very loud__` is not. */
  #isOneName(from: number): boolean {
    const part = this.parts[from];
    return (
      this.parts.length === from + 1 && part?.type === "text" && /^[\p{L}\p{N}\p{M}_]+$/u.test(part.text)
    );
  }
}

const styleOf = (sign: string, used: number): Style => {
  if (sign === "~") return "struck";
  if (sign === "|") return "spoiler";
  return used === 2 ? "bold" : "italic";
};

/** Joins texts that follow each other. */
const joined = (parts: readonly Inline[]): Inline[] => {
  const result: Inline[] = [];
  let texts: string[] = [];
  const flush = () => {
    if (texts.length > 0) result.push({ type: "text", text: texts.join("") });
    texts = [];
  };
  for (const part of parts) {
    if (part.type === "text") texts.push(part.text);
    else {
      flush();
      result.push(part);
    }
  }
  flush();
  return result;
};
