/** What is sent of a typed text: without blank lines around it, but with the indentation of its first line. */
export const trimmed = (typed: string): string => typed.replace(/^(?:[^\S\n]*\n)+/, "").trimEnd();
