import {
  addressEnd,
  beginsAddress,
  leadsElsewhere,
  linkTarget,
  mailBegin,
  mailEnd,
  webAddress,
} from "./address.ts";
import { directionEnd } from "./bidi.ts";
import { charBefore, isAsciiPunctuation, isOfWord, runLength } from "./characters.ts";
import { Ends } from "./ends.ts";
import { markAt } from "./marks.ts";
import { type Mentions, mayMention, nameEnd, withoutTail } from "./mention.ts";
import { styled, type Token } from "./styles.ts";
import type { Inline } from "./tree.ts";
import { visible } from "./visible.ts";

/** Parses the lines of one block. Without `mentions`, an `@` is text. */
export const inline = (text: string, mentions: Mentions | undefined): Inline[] => {
  const tokens = new Line(text, mentions).tokens();
  const end = directionEnd(text);
  return styled(end === "" ? tokens : [...tokens, textToken(end)]);
};

/** A `[` that may begin a link. */
interface Label {
  readonly at: number;
  /** The number of tokens before it, and of mentions. */
  readonly tokens: number;
  readonly mentions: number;
}

/** Splits text into tokens, in one pass. */
class Line {
  readonly #text: string;
  readonly #mentions: Mentions | undefined;
  readonly #ends: Ends;
  readonly #tokens: Token[] = [];
  #labels: Label[] = [];
  /** Marks that have opened a style which is not closed yet. */
  readonly #open = new Set<string>();
  /** Where the text that is in no token yet begins. */
  #from = 0;
  /** The end of the characters that can belong to the latest address. */
  #addressEnd = 0;
  #mentionEnd: number | undefined;

  constructor(text: string, mentions: Mentions | undefined) {
    this.#text = text;
    this.#mentions = mentions;
    this.#ends = new Ends(text);
  }

  tokens(): Token[] {
    for (let at = 0; at < this.#text.length; ) at = this.#step(at);
    this.#flush(this.#text.length);
    return this.#tokens;
  }

  /** Takes what begins at a position; returns its end. */
  #step(at: number): number {
    const text = this.#text;
    switch (text[at]) {
      case "\\":
        // A backslash keeps a sign from being markup. It stays visible: most are parts of paths and patterns.
        return at + (isAsciiPunctuation(text[at + 1]) ? 2 : 1);
      case "`":
        return this.#code(at);
      case "[":
        return this.#label(at);
      case "]":
        return this.#link(at);
      case "@":
        return this.#at(at);
      case "*":
      case "_":
      case "~":
      case "|":
        return this.#mark(at);
      case ":":
        // An address of another kind, such as mqtt://, is text.
        return text.startsWith("//", at + 1) && /[A-Za-z0-9]/.test(text[at - 1] ?? "")
          ? this.#reach(at)
          : at + 1;
      case "h":
      case "H":
      case "w":
      case "W":
        return beginsAddress(text, at) && !isOfWord(charBefore(text, at) ?? " ") ? this.#address(at) : at + 1;
      default:
        return at + 1;
    }
  }

  /** Makes a token of the text before a position. */
  #flush(end: number): void {
    if (end <= this.#from) return;
    const text = this.#text.slice(this.#from, end);
    this.#tokens.push(textToken(text));
    this.#from = end;
  }

  /** Makes a token of a part that ends at a position. */
  #part(begin: number, end: number, part: Inline): number {
    this.#flush(begin);
    this.#tokens.push({ type: "part", part, typed: this.#text.slice(begin, end) });
    this.#from = end;
    return end;
  }

  #code(at: number): number {
    const length = runLength(this.#text, at);
    const end = this.#ends.code(at, length);
    if (end === undefined) return at + length;
    const text = this.#text.slice(at + length, end - length);
    // Backticks in code are kept apart from those around it by spaces.
    const isPadded = /^ `|` $/.test(text) && text.startsWith(" ") && text.endsWith(" ");
    return text.trim() === ""
      ? end
      : this.#part(at, end, { type: "code", text: isPadded ? text.slice(1, -1) : text });
  }

  #mark(at: number): number {
    const last = this.#from === at ? this.#tokens.at(-1) : undefined;
    const mark = markAt(this.#text, at, last?.type === "part" && last.part.type !== "text");
    if (!mark) return at + runLength(this.#text, at);
    const { sign, length, opens, closes } = mark;
    this.#flush(at);
    this.#tokens.push({ type: "mark", mark });
    this.#from = at + length;
    for (const each of length === 3 ? [sign, sign + sign] : [sign.repeat(length)]) {
      if (!(closes && this.#open.delete(each)) && opens) this.#open.add(each);
    }
    return this.#from;
  }

  /** The end of the characters of an address, searched only once. */
  #reach(at: number): number {
    if (at >= this.#addressEnd) this.#addressEnd = addressEnd(this.#text, at);
    return this.#addressEnd;
  }

  #address(at: number): number {
    const { end, href } = webAddress(this.#text, at, this.#reach(at), (mark) => this.#open.has(mark));
    if (href === undefined) return end;
    const text = this.#text.slice(at, end);
    return this.#part(at, end, { type: "link", href, inside: [{ type: "text", text }] });
  }

  /** A mail address, or a mention. */
  #at(at: number): number {
    if (at < this.#addressEnd) return at + 1;
    const begin = mailBegin(this.#text, this.#from, at);
    const end = /[/@]/.test(this.#text[begin - 1] ?? "") ? undefined : mailEnd(this.#text, begin, at);
    if (end === undefined) return this.#mention(at);
    const text = this.#text.slice(begin, end);
    return this.#part(begin, end, { type: "link", href: `mailto:${text}`, inside: [{ type: "text", text }] });
  }

  #mention(at: number): number {
    const text = this.#text;
    const mentions = this.#mentions;
    if (!mentions || !mayMention(text, at, this.#mentionEnd)) return at + 1;
    const end = nameEnd(text, at + 1);
    const run = text.slice(at + 1, end);
    // `@ana@example.org` is an address on another service.
    const found = /^@[\p{Alphabetic}\p{N}]/u.test(text.slice(end, end + 3)) ? undefined : mentions.find(run);
    this.#mentionEnd = found ? at + 1 + found.length : end;
    if (!found) return at + 1 + withoutTail(run);
    return this.#part(at, this.#mentionEnd, {
      type: "mention",
      name: found.name,
      text: text.slice(at, this.#mentionEnd),
    });
  }

  #label(at: number): number {
    this.#flush(at);
    this.#labels.push({ at, tokens: this.#tokens.length, mentions: this.#mentions?.count ?? 0 });
    this.#flush(at + 1);
    return at + 1;
  }

  /** The end of a link `[label](address)`. If it may not be opened, all of it is text. */
  #link(at: number): number {
    const label = this.#labels.pop();
    const last = this.#text[at + 1] === "(" ? this.#ends.bracket(at + 1) : undefined;
    if (!label || last === undefined) return at + 1;
    const end = last + 1;
    // There are no links in links: what stands before an inner one is no label.
    this.#labels = [];
    this.#flush(at);
    this.#mentions?.forget(label.mentions);
    const inside = styled(this.#tokens.splice(label.tokens).slice(1).map(inLink));
    const shown = visible(inside);
    const href = shown.trim() === "" ? undefined : linkTarget(this.#text.slice(at + 2, last));
    const typed = this.#text.slice(label.at, end);
    if (href === undefined) this.#tokens.push(textToken(typed));
    else {
      const leadsTo = leadsElsewhere(shown, href);
      const part: Inline = { type: "link", href, inside, ...(leadsTo ? { leadsTo } : {}) };
      this.#tokens.push({ type: "part", part, typed });
    }
    this.#from = end;
    return end;
  }
}

const textToken = (text: string): Token => ({ type: "part", part: { type: "text", text }, typed: text });

/** Links and mentions in the label of a link are text. */
const inLink = (token: Token): Token =>
  token.type === "part" && (token.part.type === "link" || token.part.type === "mention")
    ? textToken(token.typed)
    : token;
