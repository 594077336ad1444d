import type { Reaction } from "@chinwag/protocol";
import { currentText, listed } from "../language/index.ts";

/** The names of those who reacted, mine first. */
export const inWords = ({ names, count, mine }: Reaction, me: string): string => {
  const t = currentText();
  const others = names.filter((name) => name !== me);
  const told = mine ? [t("reaction.you"), ...others] : others;
  const left = count - told.length;
  return listed(left > 0 ? [...told, t("reaction.more", { count: left })] : told);
};
