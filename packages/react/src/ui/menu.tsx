import * as Radix from "@radix-ui/react-dropdown-menu";
import type { ReactNode } from "react";
import styles from "./menu.module.css";

interface MenuProps {
  /** The button that opens it. */
  readonly trigger: ReactNode;
  readonly children: ReactNode;
}

export const Menu = ({ trigger, children }: MenuProps) => (
  <Radix.Root modal={false}>
    <Radix.Trigger asChild>{trigger}</Radix.Trigger>
    <Radix.Portal>
      <Radix.Content className={styles.menu} align="end" sideOffset={6} collisionPadding={10}>
        {children}
      </Radix.Content>
    </Radix.Portal>
  </Radix.Root>
);

interface ItemProps {
  readonly icon: ReactNode;
  readonly onSelect: () => void;
  readonly danger?: boolean;
  readonly children: ReactNode;
}

export const MenuItem = ({ icon, onSelect, danger, children }: ItemProps) => (
  <Radix.Item className={`${styles.item} ${danger ? styles.danger : ""}`} onSelect={onSelect}>
    {icon}
    {children}
  </Radix.Item>
);
