import { createStore } from "@chinwag/client";
import { useSyncExternalStore } from "react";
import styles from "./notices.module.css";

interface Notice {
  readonly id: number;
  readonly text: string;
}

/** Milliseconds for which a notice is shown, enough to read two lines. */
const STANDS = 5_000;

const notices = createStore(
  (held: readonly Notice[], change: { add: Notice } | { drop: number }) =>
    "add" in change ? [...held.slice(-2), change.add] : held.filter(({ id }) => id !== change.drop),
  [],
);

let last = 0;

/** Shows a short notice at the bottom of the window. */
export const notify = (text: string): void => {
  last += 1;
  const id = last;
  notices.dispatch({ add: { id, text } });
  setTimeout(() => notices.dispatch({ drop: id }), STANDS);
};

export const Notices = () => {
  const held = useSyncExternalStore(notices.subscribe, notices.get);
  return (
    <div className={styles.notices} role="status">
      {held.map(({ id, text }) => (
        <p key={id} className={styles.notice}>
          {text}
        </p>
      ))}
    </div>
  );
};
