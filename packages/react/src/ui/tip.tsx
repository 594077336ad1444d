import { Tooltip } from "@base-ui/react/tooltip";
import { usePortal } from "./portal.ts";
import styles from "./tip.module.css";

/** What {@link Tips} loads with the first tip. */
const Tip = ({ anchor, text }: { anchor: HTMLElement; text: string }) => (
  <Tooltip.Root open>
    <Tooltip.Portal container={usePortal()}>
      <Tooltip.Positioner className={styles.place} anchor={anchor} sideOffset={8} collisionPadding={8}>
        <Tooltip.Popup className={styles.tip}>{text}</Tooltip.Popup>
      </Tooltip.Positioner>
    </Tooltip.Portal>
  </Tooltip.Root>
);

export default Tip;
