/** A part of a line. */
export type Inline =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: Style; readonly inside: readonly Inline[] }
  | { readonly type: "code"; readonly text: string }
  | Link
  | Mention;

export type Style = "bold" | "italic" | "struck" | "spoiler";

export interface Link {
  readonly type: "link";
  /** `http:`, `https:` or `mailto:`. */
  readonly href: string;
  readonly inside: readonly Inline[];
  /** Where the link leads, if its text shows another address. */
  readonly leadsTo?: string;
}

/** A mention of a person, or of several people by `@room` or `@here`. */
export interface Mention {
  readonly type: "mention";
  readonly name: string;
  /** As typed, with the `@`. */
  readonly text: string;
}

/** A part of a message that stands on lines of its own. */
export type Block =
  | { readonly type: "paragraph"; readonly inside: readonly Inline[] }
  | { readonly type: "heading"; readonly inside: readonly Inline[] }
  | { readonly type: "code"; readonly language?: string; readonly text: string }
  | { readonly type: "quote"; readonly blocks: readonly Block[] }
  | { readonly type: "list"; readonly items: readonly Item[] }
  | Table
  /** Blank lines beyond the one that separates two blocks. */
  | { readonly type: "gap"; readonly lines: number };

export interface Item {
  /** As typed: `-`, `*`, `28.`, `3)`. */
  readonly marker: string;
  /** Of a task: whether it is done. */
  readonly done?: boolean;
  readonly blocks: readonly Block[];
}

export type Cell = readonly Inline[];

export interface Table {
  readonly type: "table";
  readonly align: readonly ("left" | "center" | "right" | undefined)[];
  readonly head: readonly Cell[];
  /** A row can be shorter than the head, but not longer. */
  readonly rows: readonly (readonly Cell[])[];
}
