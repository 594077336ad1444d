import type { Reaction } from "@chinwag/protocol";

/** The names of those who reacted, mine first. */
export const inWords = ({ names, count, mine }: Reaction, me: string): string => {
  const others = names.filter((name) => name !== me);
  const told = mine ? ["You", ...others] : others;
  const left = count - told.length;
  if (left > 0) told.push(left === 1 ? "one more" : `${left} more`);
  const [last = "", ...before] = told.toReversed();
  return before.length === 0 ? last : `${before.reverse().join(", ")} and ${last}`;
};
