import { Logo } from "@chinwag/react/ui";
import type { ReactNode } from "react";
import styles from "./welcome.module.css";

/** The layout of the sign-in pages: an introduction to Chinwag on one side, the form on the other. */
export const Welcome = ({
  title,
  about,
  children,
}: {
  title: string;
  about: string;
  children: ReactNode;
}) => (
  <div className={styles.welcome}>
    <aside className={styles.brand}>
      <p className={styles.name}>
        <Logo size={36} /> chinwag
      </p>
      <div className={styles.talk} aria-hidden="true">
        <span>Is the kettle on?</span>
        <span className={styles.answer}>It is now ☕</span>
        <span className={styles.thing}>kettle: 96 °C, two minutes</span>
      </div>
      <div>
        <h2 className={styles.claim}>A good natter, for everyone in the room.</h2>
        <p className={styles.sub}>People, scripts and devices in one conversation, on your own machine.</p>
      </div>
    </aside>
    <main className={styles.form}>
      <div className={styles.card}>
        <p className={styles.smallName}>
          <Logo size={36} /> chinwag
        </p>
        <div>
          <h1>{title}</h1>
          <p>{about}</p>
        </div>
        {children}
      </div>
    </main>
  </div>
);
