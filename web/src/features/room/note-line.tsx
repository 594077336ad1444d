import type { Note } from "../../state/timeline";
import { timeOf, wholeTime } from "../../ui/time";
import { inWords } from "./note-words";
import styles from "./timeline.module.css";

/** Joins, leaves and changes: quiet, between what people say. */
export const NoteLine = ({ notes, at }: { notes: readonly Note[]; at: string }) => (
  <p className={styles.note} title={wholeTime(at)}>
    {inWords(notes)} · {timeOf(at)}
  </p>
);
