const LINES = 15;
const CHARS = 2_000;

/** Whether a text is so long that only its beginning is shown at first. */
export const isLong = (text: string): boolean =>
  text.length > CHARS || text.split("\n", LINES + 2).length > LINES;
