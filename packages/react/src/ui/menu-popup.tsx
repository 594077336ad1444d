import { Menu } from "@base-ui/react/menu";
import { type ReactNode, type RefObject, useLayoutEffect, useRef } from "react";
import { useLayer } from "./layers.ts";
import styles from "./menu.module.css";
import { usePortal } from "./portal.ts";

export interface MenuItemProps {
  readonly icon: ReactNode;
  readonly onSelect: () => void;
  readonly danger?: boolean;
  readonly children: ReactNode;
}

/** A point of the page, as where the pointer was pressed. */
export interface Point {
  getBoundingClientRect(): DOMRect;
}

interface Props {
  readonly anchor: RefObject<HTMLElement | null> | Point;
  /** Whether to highlight the first item. */
  readonly byKeyboard: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** What {@link Menu} and {@link ContextMenu} load when one opens. */
const MenuPopup = ({ anchor, byKeyboard, onClose, children }: Props) => {
  const popup = useRef<HTMLDivElement>(null);
  useLayer(onClose, { covers: false });
  const atPoint = "getBoundingClientRect" in anchor;

  useLayoutEffect(() => {
    if (byKeyboard) popup.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
  }, [byKeyboard]);

  return (
    <Menu.Root
      open
      modal={false}
      onOpenChange={(open, { event, reason }) => {
        // The button closes the menu itself; otherwise its click would open it again.
        const onButton = !atPoint && event.target instanceof Node && anchor.current?.contains(event.target);
        if (!open && !(reason === "outside-press" && onButton)) onClose();
      }}
    >
      <Menu.Portal container={usePortal()}>
        <Menu.Positioner
          className={styles.place}
          anchor={anchor}
          align={atPoint ? "start" : "end"}
          sideOffset={atPoint ? 2 : 6}
          collisionPadding={10}
        >
          <Menu.Popup ref={popup} className={styles.menu} finalFocus={false}>
            {children}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
};

export default MenuPopup;

export const MenuPopupItem = ({ icon, onSelect, danger, children }: MenuItemProps) => (
  <Menu.Item className={`${styles.item} ${danger ? styles.danger : ""}`} onClick={onSelect}>
    {icon}
    {children}
  </Menu.Item>
);
