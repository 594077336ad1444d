import { type FocusEvent, type ReactNode, useRef, useState } from "react";
import { useText } from "../language/index.ts";
import styles from "./message-text.module.css";

/** A long text, of which only the beginning is shown at first. */
export const Folded = ({ children }: { children: ReactNode }) => {
  const t = useText();
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);

  // The keyboard must not lead to something that cannot be seen.
  const onFocus = ({ target }: FocusEvent) => {
    const end = box.current?.getBoundingClientRect().bottom ?? 0;
    if (target.getBoundingClientRect().bottom > end) setOpen(true);
  };
  const toggle = () => {
    if (open) box.current?.scrollIntoView({ block: "start" });
    setOpen(!open);
  };
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it only notices what happens inside */}
      <div
        ref={box}
        className={`${styles.blocks} ${open ? "" : styles.folded}`}
        onFocus={open ? undefined : onFocus}
      >
        {children}
      </div>
      <button type="button" className={styles.more} aria-expanded={open} onClick={toggle}>
        {t(open ? "text.less" : "text.more")}
      </button>
    </>
  );
};
