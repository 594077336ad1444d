import type { Note } from "../../state/timeline";
import { timeOf, wholeTime } from "../../ui/time";
import { inWords } from "./note-words";
import styles from "./timeline.module.css";

/** A line for joins, leaves and room changes between messages. */
export const NoteLine = ({ notes, at }: { notes: readonly Note[]; at: string }) => (
  <p className={styles.note} title={wholeTime(at)}>
    {inWords(notes)} · {timeOf(at)}
  </p>
);
