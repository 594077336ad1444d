import { createElement, Fragment, type ReactNode } from "react";
import { type Catalogue, formatter, type Key, MissingParameter, type Target } from "./format.ts";
import type { Messages } from "./messages.gen.ts";

type Params = Readonly<Record<string, unknown>>;

/** The parameters of a message, of which those that are shown as they are may be React elements. */
type Rich<P> = {
  readonly [N in keyof P]: string extends P[N] ? (number extends P[N] ? ReactNode : P[N]) : P[N];
};

/** The messages of one language. */
export interface Text extends Target {
  /** A message. It takes parameters exactly if the message has some. */
  <K extends Key>(key: K, ...params: Messages[K] extends null ? [] : [params: Messages[K]]): string;
  /** A message with React elements as parameters. */
  rich<K extends Key>(key: K, params: Rich<Messages[K]>): ReactNode;
  /** A message whose key or parameters come from a server; undefined if one of them is not known. */
  ifKnown(key: string, params: Params): string | undefined;
}

export const createText = (catalogue: Catalogue, target: Target): Text => {
  const format = formatter(target);
  const plain = (key: Key, params: Params = {}): string => format(catalogue[key], params).join("");

  const ifKnown = (key: string, params: Params): string | undefined => {
    if (!Object.hasOwn(catalogue, key)) return undefined;
    try {
      return plain(key as Key, params);
    } catch (error) {
      if (error instanceof MissingParameter) return undefined;
      throw error;
    }
  };
  const rich = (key: Key, params: Params): ReactNode =>
    createElement(Fragment, null, ...(format(catalogue[key], params) as ReactNode[]));

  return Object.assign(plain, { ...target, rich, ifKnown }) as Text;
};
