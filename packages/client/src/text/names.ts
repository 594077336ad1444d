import { parse } from "./blocks.ts";

/**
 * The names, in lower case, that a text may mention. Whoever draws it looks up these, and so does not depend on
 * everybody else.
 */
export const namesIn = (text: string): string[] => {
  if (!text.includes("@")) return [];
  const names = new Set<string>();
  parse(text, (name) => {
    names.add(name);
    return false;
  });
  return [...names];
};
