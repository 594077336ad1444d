export { parse } from "./blocks";
export { isOnlyEmoji } from "./emoji";
export { isLong } from "./long";
export { namesIn } from "./names";
export { plain } from "./plain";
export type { Block, Inline, Item, Link, Mention, Style, Table } from "./tree";
export { trimmed } from "./trimmed";
