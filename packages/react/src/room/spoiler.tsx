import { type KeyboardEvent, type ReactNode, useState } from "react";
import styles from "./message-text.module.css";

/**
 * Text that is shown when asked for. The element stays the same when it opens, so the focus stays on it; as a `button`
 * it could neither break over lines nor contain links.
 */
export const Spoiler = ({ label, children }: { label: string; children: ReactNode }) => {
  const [open, setOpen] = useState(false);
  const show = () => setOpen(true);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    show();
  };
  if (open)
    return (
      <span className={styles.spoiler} tabIndex={-1}>
        <span>{children}</span>
      </span>
    );
  return (
    // biome-ignore lint/a11y/useSemanticElements: see above
    <span
      className={styles.spoiler}
      role="button"
      tabIndex={0}
      aria-expanded={false}
      aria-label={label}
      onClick={show}
      onKeyDown={onKeyDown}
    >
      <span inert>{children}</span>
    </span>
  );
};
