import type { SceneName } from "./seed/scenes";
import type { Stand } from "./stand";

/** One line of the report. */
export interface Line {
  readonly label: string;
  readonly unit: string;
  /** The goal: at most this, or at least this. Without it, the line is for information. */
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** What one run of a figure measured: any number of samples for each of its lines. */
export type Samples<Key extends string = string> = { readonly [key in Key]?: readonly number[] };

/** Something that is measured. */
export interface Figure<Key extends string = string> {
  /** The name that the filter on the command line looks for. */
  readonly name: string;
  /** The data that it is measured with. */
  readonly scene: SceneName;
  readonly lines: Readonly<Record<Key, Line>>;
  /** Fewer rounds than asked for, because one takes minutes. */
  readonly rounds?: number;
  measure(stand: Stand): Promise<Samples<Key>>;
}

/** Keeps the names of a figure's lines in its type, so that no sample is filed under another name. */
export const figure = <Key extends string>(definition: Figure<Key>): Figure => definition as Figure;
