import { Popover } from "@base-ui/react/popover";
import type { ReactNode, RefObject } from "react";
import { useLayer } from "./layers.ts";
import styles from "./menu.module.css";
import { usePortal } from "./portal.ts";

interface Props {
  readonly anchor: RefObject<HTMLElement | null>;
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** What {@link Popover} loads when one opens. */
const PopoverPopup = ({ anchor, title, onClose, children }: Props) => {
  useLayer(onClose, { covers: false });
  return (
    <Popover.Root
      open
      onOpenChange={(open, { event, reason }) => {
        const onButton = event.target instanceof Node && anchor.current?.contains(event.target);
        if (!open && !(reason === "outside-press" && onButton)) onClose();
      }}
    >
      <Popover.Portal container={usePortal()}>
        <Popover.Positioner className={styles.place} anchor={anchor} sideOffset={6} collisionPadding={10}>
          <Popover.Popup className={`${styles.menu} ${styles.panel}`} finalFocus={false}>
            <Popover.Title className="visually-hidden">{title}</Popover.Title>
            {children}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
};

export default PopoverPopup;
