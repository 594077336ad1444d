import { type ReactNode, useRef } from "react";
import { Virtualizer } from "virtua";
import styles from "./people-list.module.css";

interface Props {
  readonly label: string;
  readonly names: readonly string[];
  readonly children: (name: string) => ReactNode;
}

/** A list of people that may be as long as the server has accounts: only the rows in sight are drawn. */
export const PeopleList = ({ label, names, children }: Props) => {
  const box = useRef<HTMLDivElement>(null);
  return (
    <section
      ref={box}
      className={styles.box}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: so that the arrow keys can scroll it
      tabIndex={0}
      hidden={names.length === 0}
    >
      <Virtualizer as="ul" item="li" data={names} scrollRef={box}>
        {(name) => <div key={name}>{children(name)}</div>}
      </Virtualizer>
    </section>
  );
};
