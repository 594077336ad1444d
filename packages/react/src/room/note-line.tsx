import type { Note } from "@chinwag/client";
import { useText } from "../language/index.ts";
import { timeOf, wholeTime } from "../ui/time.ts";
import { inWords } from "./note-words.ts";
import styles from "./timeline.module.css";

/** A line for joins, leaves and room changes between messages. */
export const NoteLine = ({ notes, at }: { notes: readonly Note[]; at: string }) => {
  useText();
  return (
    <p className={styles.note} title={wholeTime(at)}>
      {inWords(notes)} · {timeOf(at)}
    </p>
  );
};
