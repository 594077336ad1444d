import type { Messages } from "./messages.gen.ts";

export type Key = keyof Messages;

/**
 * A compiled message: its parts, or the only one. A part is a text; 0, the number of the plural around it; or a
 * parameter: `[name]` as it is, `[name, 0]` a number, `[name, 1]` a percentage, `[name, options]` a plural, and
 * `[name, options, 1]` a choice.
 */
export type Message = string | readonly Part[];
type Options = Readonly<Record<string, Message>>;
export type Part = string | 0 | readonly [name: string, how?: 0 | 1 | Options, choice?: 1];

export type Catalogue = Readonly<Record<Key, Message>>;

/** What a message is formatted for. */
export interface Target {
  /** The BCP 47 tag for `Intl`. */
  readonly locale: string;
  readonly direction: "ltr" | "rtl";
}

/** A parameter that a message needs is missing, as of an older or newer server. */
export class MissingParameter extends Error {}

/** Makes the function that formats messages for a language: into their parts, which may be React elements. */
export const formatter = (target: Target) => {
  const rules = new Intl.PluralRules(target.locale);
  const decimal = new Intl.NumberFormat(target.locale);
  const percent = new Intl.NumberFormat(target.locale, { style: "percent" });

  const chosen = (options: Options, value: unknown, choice: 1 | undefined): Message => {
    const option = choice ? String(value) : rules.select(Number(value));
    return (Object.hasOwn(options, option) ? options[option] : options.other) ?? "";
  };

  const format = (message: Message, params: Readonly<Record<string, unknown>>, count = ""): unknown[] => {
    if (typeof message === "string") return [message];
    return message.flatMap((part): unknown[] => {
      if (part === 0) return [count];
      if (typeof part === "string") return [part];
      const [name, how, choice] = part;
      const value = Object.hasOwn(params, name) ? params[name] : undefined;
      if (value === undefined || value === null) throw new MissingParameter(name);
      if (how === undefined) return [typeof value === "string" ? isolated(value, target) : value];
      if (typeof how === "object")
        return format(chosen(how, value, choice), params, choice ? count : decimal.format(Number(value)));
      return [(how === 1 ? percent : decimal).format(Number(value))];
    });
  };
  return format;
};

/** A text without isolates: for what is stored or sent, such as names, which may not have invisible characters. */
export const withoutIsolates = (text: string): string => text.replaceAll(/[\u2068\u2069]/g, "");

const RIGHT_TO_LEFT =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;
const LEFT_TO_RIGHT =
  /[^\P{L}\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

const FIRST_STRONG_ISOLATE = "\u2068";
const POP_ISOLATE = "\u2069";

/** Isolates a text that has letters of the other direction, so that it does not change the order of those around it. */
export const isolated = (text: string, { direction }: Pick<Target, "direction">): string =>
  (direction === "rtl" ? LEFT_TO_RIGHT : RIGHT_TO_LEFT).test(text)
    ? `${FIRST_STRONG_ISOLATE}${text}${POP_ISOLATE}`
    : text;
