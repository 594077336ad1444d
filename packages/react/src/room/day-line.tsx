import { useText } from "../language/index.ts";
import { dayHeading } from "../ui/time.ts";
import { useToday } from "../ui/use-today.ts";
import styles from "./timeline.module.css";

/** The day of the messages below it. */
export const DayLine = ({ day }: { day: string }) => {
  useText();
  // "Today" becomes "Yesterday" at midnight.
  useToday();
  return (
    <div className={styles.day}>
      <span>{dayHeading(day)}</span>
    </div>
  );
};
