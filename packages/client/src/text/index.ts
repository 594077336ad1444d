export { parse } from "./blocks.ts";
export { isOnlyEmoji } from "./emoji.ts";
export { isLong } from "./long.ts";
export { namesIn } from "./names.ts";
export { plain } from "./plain.ts";
export type { Block, Inline, Item, Link, Mention, Style, Table } from "./tree.ts";
export { trimmed } from "./trimmed.ts";
