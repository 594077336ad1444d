import { LEVEL_CHARS } from "../../protocol/limits.gen";

/** A room's id from a title: lower case, composed, and what may not stand in a level becomes a dash. */
export const slugOf = (title: string): string =>
  [
    ...title
      .toLowerCase()
      .normalize("NFC")
      .replace(/[^\p{L}\p{N}\p{M}_.]+/gu, "-")
      .replace(/^[-.\p{M}]+|[-.]+$/gu, ""),
  ]
    .slice(0, LEVEL_CHARS)
    .join("");
