/** The largest number shown in a badge. */
const MOST = 99;

/** Formats a count for a badge. */
export const briefCount = (count: number): string => (count > MOST ? `${MOST}+` : `${count}`);
