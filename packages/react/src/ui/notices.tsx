import { Cell, Changes } from "@chinwag/client";
import { useSyncExternalStore } from "react";
import styles from "./notices.module.css";

interface Notice {
  readonly id: number;
  readonly text: string;
}

/** Milliseconds for which a notice is shown, enough to read two lines. */
const STANDS = 5_000;

const notices = new Cell<readonly Notice[]>(new Changes(), []);

let last = 0;

/** Shows a short notice at the bottom of the window. */
export const notify = (text: string): void => {
  last += 1;
  const id = last;
  notices.set([...notices.get().slice(-2), { id, text }]);
  setTimeout(() => notices.set(notices.get().filter((notice) => notice.id !== id)), STANDS);
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
