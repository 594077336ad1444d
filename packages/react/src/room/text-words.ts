/** The words that drawing a text needs. */
export interface TextWords {
  readonly copy: string;
  readonly copied: string;
  /** What a table is called for those who can't see it. */
  readonly table: string;
  readonly done: string;
  readonly notDone: string;
  readonly spoiler: string;
  readonly more: string;
  readonly less: string;
}

export const TEXT_WORDS: TextWords = {
  copy: "Copy code",
  copied: "Copied",
  table: "Table",
  done: "Done",
  notDone: "Not done",
  spoiler: "Show spoiler",
  more: "Show more",
  less: "Show less",
};
