import { LEVEL_CHARS } from "@chinwag/protocol";

/**
 * Derives a topic from a title: lower case, no invisible characters, and a dash for everything a level may not contain.
 */
export const slugOf = (title: string): string =>
  [
    ...title
      .normalize("NFKC")
      .toLowerCase()
      .normalize("NFC")
      .replace(/\p{Default_Ignorable_Code_Point}+/gu, "")
      .replace(/[^\p{L}\p{N}\p{M}_.]+/gu, "-")
      .replace(/^[-.\p{M}]+|[-.]+$/gu, ""),
  ]
    .slice(0, LEVEL_CHARS)
    .join("");
