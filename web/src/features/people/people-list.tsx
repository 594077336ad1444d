import { type ReactNode, useRef } from "react";
import { Virtualizer } from "virtua";
import styles from "./people-list.module.css";

interface Props<P> {
  readonly label: string;
  readonly people: readonly P[];
  readonly children: (person: P) => ReactNode;
}

/** A list of people that may be as long as the server has accounts: only the rows in sight are drawn. */
export const PeopleList = <P extends { readonly name: string }>({ label, people, children }: Props<P>) => {
  const box = useRef<HTMLDivElement>(null);
  return (
    <section
      ref={box}
      className={styles.box}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: so that the arrow keys can scroll it
      tabIndex={0}
      hidden={people.length === 0}
    >
      <Virtualizer as="ul" item="li" data={people} scrollRef={box}>
        {(person) => <div key={person.name}>{children(person)}</div>}
      </Virtualizer>
    </section>
  );
};
