import { LEVEL_CHARS } from "../../protocol/limits.gen";

/** A room's id from a title: plain letters, lower case, nothing invisible, and what may not stand in a level becomes a dash. */
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
