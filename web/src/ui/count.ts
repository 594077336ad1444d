/** More than this is not worth counting by eye. */
const MOST = 99;

/** A count for a badge. */
export const briefCount = (count: number): string => (count > MOST ? `${MOST}+` : `${count}`);
