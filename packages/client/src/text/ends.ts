import { runLength } from "./characters.ts";

/** Where code ends and brackets close, found in one pass, so that nothing is searched twice. */
export class Ends {
  readonly #text: string;
  /** The last run of backticks of each length. */
  readonly #code = new Map<number, number>();
  /** The position of the `)` for each `(`. */
  readonly #brackets = new Map<number, number>();

  constructor(text: string) {
    this.#text = text;
    const open: number[] = [];
    for (let at = 0; at < text.length; at += 1) {
      if (text[at] === "`") {
        const length = runLength(text, at);
        this.#code.set(length, at);
        at += length - 1;
      } else if (text[at] === "(") open.push(at);
      else if (text[at] === ")") {
        const begin = open.pop();
        if (begin !== undefined) this.#brackets.set(begin, at);
      }
    }
  }

  /** The end of the code that begins with a run of backticks of this length, or `undefined` if they begin none. */
  code(at: number, length: number): number | undefined {
    if ((this.#code.get(length) ?? -1) <= at) return undefined;
    let from = this.#text.indexOf("`", at + length);
    while (from !== -1) {
      const run = runLength(this.#text, from);
      if (run === length) return from + run;
      from = this.#text.indexOf("`", from + run);
    }
    return undefined;
  }

  /** The position of the `)` for the `(` at a position. */
  bracket(at: number): number | undefined {
    return this.#brackets.get(at);
  }
}
