import { charAt, isAscii, isLetter, isMark, isOfWord } from "./characters.ts";

/** Where an address ends, and where it leads if it is one that may be opened. */
export interface Address {
  readonly end: number;
  readonly href?: string;
}

/**
 * The end of the characters that can belong to an address: before whitespace, quotation marks, and punctuation that
 * addresses do not contain. The same as in `crates/chinwag-protocol/src/mention.rs`.
 */
export const addressEnd = (text: string, from: number): number => {
  let at = from;
  for (let char = charAt(text, at); char !== undefined; char = charAt(text, at)) {
    const ends = isAscii(char) ? /[\s<>"`]/.test(char) : !(isLetter(char) || isMark(char));
    if (ends) break;
    at += char.length;
  }
  return at;
};

const BEGIN = /https?:\/\/|www\./iy;

/** Whether `http://`, `https://` or `www.` begins at a position. */
export const beginsAddress = (text: string, at: number): boolean => {
  BEGIN.lastIndex = at;
  return BEGIN.test(text);
};

/**
 * The web address that begins at a position. `isOpen` tells whether a style with this mark is open, whose end is not a
 * part of the address.
 */
export const webAddress = (
  text: string,
  from: number,
  last: number,
  isOpen: (mark: string) => boolean,
): Address => {
  const written = withoutEnd(untilBracket(text.slice(from, last), isOpen), isOpen);
  const href = /^www\./i.test(written) ? `https://${written}` : written;
  const hasName = written !== href ? /^www\.[^.]+\.[^.]/i.test(written) : /^https?:\/\/[^/?#]/i.test(written);
  return hasName && webTarget(href) ? { end: from + written.length, href } : { end: last };
};

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** The address up to a bracket that it did not open, or to the end of a style around it. */
const untilBracket = (address: string, isOpen: (mark: string) => boolean): string => {
  const expected: string[] = [];
  for (let at = 0; at < address.length; at += 1) {
    const char = address[at] ?? "";
    const closing = CLOSING[char];
    if (closing) expected.push(closing);
    else if (/[)\]}]/.test(char) && expected.pop() !== char) return address.slice(0, at);
    else if (/[*_~|]/.test(char) && address[at + 1] === char && isOpen(char + char))
      return address.slice(0, at);
  }
  return address;
};

/** The address without punctuation of the sentence around it. */
const withoutEnd = (address: string, isOpen: (mark: string) => boolean): string => {
  let end = address.length;
  while (end > 0) {
    const char = address[end - 1] ?? "";
    if (!/[.,;:!?'|\\([{]/.test(char) && !(/[*_]/.test(char) && isOpen(char))) break;
    end -= 1;
  }
  return address.slice(0, end);
};

/** The URL of a web address. One with a user name is none: it looks like another address. */
const webTarget = (href: string): URL | undefined => {
  const url = URL.canParse(href) ? new URL(href) : undefined;
  const isWeb = url?.protocol === "https:" || url?.protocol === "http:";
  return isWeb && url.hostname !== "" && url.username === "" && url.password === "" ? url : undefined;
};

/** What a Markdown link `[text](typed)` leads to, if that may be opened. */
export const linkTarget = (typed: string): string | undefined => {
  const address = typed.replace(/^<(.*)>$/, "$1");
  if (/^www\./i.test(address)) return linkTarget(`https://${address}`);
  const mail = /^mailto:([^?]+)/i.exec(address)?.[1];
  if (mail !== undefined) return mailEnd(mail, 0, mail.indexOf("@")) === mail.length ? address : undefined;
  return /^https?:\/\/\S+$/i.test(address) && webTarget(address) ? address : undefined;
};

const LOCAL_PART = 64;
const DOMAIN = 255;

/** The beginning of the mail address around the `@` at `at`, not before `from`; `at` if there is none. */
export const mailBegin = (text: string, from: number, at: number): number => {
  let begin = at;
  while (begin > from && at - begin < LOCAL_PART && isOfLocalPart(text[begin - 1] ?? "")) begin -= 1;
  while (begin < at && /[._%+-]/.test(text[begin] ?? "")) begin += 1;
  return begin;
};

const isOfLocalPart = (char: string): boolean => /[A-Za-z0-9._%+-]/.test(char) || isOfWord(char);

/** The end of the mail address with this beginning and this `@`, or `undefined` if it is none. */
export const mailEnd = (text: string, begin: number, at: number): number | undefined => {
  if (begin >= at || text[at - 1] === ".") return undefined;
  let end = at + 1;
  while (end - at < DOMAIN && /[\p{L}\p{N}.-]/u.test(text[end] ?? "")) end += 1;
  while (/[.-]/.test(text[end - 1] ?? "")) end -= 1;
  const labels = text.slice(at + 1, end).split(".");
  const isDomain =
    labels.length > 1 &&
    labels.every((label) => /^[^-]/.test(label)) &&
    /^\p{L}{2,}$/u.test(labels.at(-1) ?? "");
  // `git@example.org:repo`, `ana@example.org/phone`, `ana@example.org@bo`
  return isDomain && !/^(?:[/@]|:\S)/.test(text.slice(end, end + 2)) ? end : undefined;
};

/** Names of hosts, and what follows `//`. */
const HOSTS = /(?<=\/\/)[^\s/?#]+|(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62}\.)){1,8}\p{L}{2,24}/gu;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
const TURNED = /[\u{202A}-\u{202E}\u{2066}-\u{2069}]/u;

/** Where a link leads, if its text shows another address, or one that is turned around. */
export const leadsElsewhere = (shown: string, href: string): string | undefined => {
  const isMail = /^mailto:/i.test(href);
  const target = isMail ? href.slice("mailto:".length) : new URL(href).host;
  const host = isMail ? target.slice(target.indexOf("@") + 1) : target;
  const text = shown.normalize("NFKC").replace(INVISIBLE, "");
  const others = (text.match(HOSTS) ?? []).filter((other) => bare(other) !== bare(host));
  return others.length > 0 || TURNED.test(shown) ? target : undefined;
};

/** A host name in the form in which names are compared. */
const bare = (host: string): string => {
  const ascii = URL.canParse(`https://${host}`) ? new URL(`https://${host}`).hostname : host.toLowerCase();
  return ascii.replace(/^www\./, "");
};
