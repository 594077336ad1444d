const OPENING = /[\u{202A}\u{202B}\u{202D}\u{202E}\u{2066}-\u{2068}]/u;
const CONTROLS = /[\u{202A}-\u{202E}\u{2066}-\u{2069}]/gu;
const POP_EMBEDDING = "\u{202C}";
const POP_ISOLATE = "\u{2069}";

/**
 * The characters that end all changes of direction which a text begins and does not end, so that they do not reach what
 * is drawn after it.
 */
export const directionEnd = (text: string): string => {
  const open: string[] = [];
  for (const [control] of text.matchAll(CONTROLS)) {
    if (OPENING.test(control)) open.push(control < "\u{2066}" ? POP_EMBEDDING : POP_ISOLATE);
    else if (control === open.at(-1)) open.pop();
    else if (control === POP_ISOLATE && open.includes(control)) open.length = open.lastIndexOf(control);
  }
  return open.reverse().join("");
};
