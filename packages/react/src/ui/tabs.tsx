import { DirectionProvider } from "@base-ui/react/direction-provider";
import { Tabs as Base } from "@base-ui/react/tabs";
import type { ReactNode } from "react";
import { useText } from "../language/index.ts";
import styles from "./tabs.module.css";

export interface Tab {
  readonly id: string;
  readonly title: string;
  readonly icon: ReactNode;
  readonly content: ReactNode;
}

interface Props {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly initial?: string;
}

/** Pages with a row of tabs above. Import it only in parts that are loaded when needed. */
export const Tabs = ({ label, tabs, initial = tabs[0]?.id }: Props) => {
  const t = useText();
  return (
    <DirectionProvider direction={t.direction}>
      <Base.Root className={styles.tabs} defaultValue={initial ?? null}>
        <Base.List className={styles.list} aria-label={label}>
          {tabs.map(({ id, title, icon }) => (
            <Base.Tab key={id} value={id} className={styles.tab}>
              {icon}
              {title}
            </Base.Tab>
          ))}
        </Base.List>
        {tabs.map(({ id, content }) => (
          <Base.Panel key={id} value={id} className={styles.panel}>
            {content}
          </Base.Panel>
        ))}
      </Base.Root>
    </DirectionProvider>
  );
};
