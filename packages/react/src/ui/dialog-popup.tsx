import { Dialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { useText } from "../language/index.ts";
import { IconButton } from "./button.tsx";
import styles from "./dialog.module.css";
import { hasKeyboard } from "./has-keyboard.ts";
import { usePortal } from "./portal.ts";

export interface DialogProps {
  readonly title: string;
  readonly about?: ReactNode;
  readonly onClose: () => void;
  /** `alert` asks for a decision: it is not closed by a press beside it. */
  readonly kind?: "dialog" | "alert";
  /** Room for two columns. */
  readonly wide?: boolean;
  readonly children?: ReactNode;
}

const FIELDS = "input:not([type=hidden]), textarea, select";

/** What {@link Dialog} loads when one opens. */
const DialogPopup = ({ title, about, onClose, kind = "dialog", wide, children }: DialogProps) => {
  const t = useText();
  const popup = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);

  /** What asked for the focus itself, else the first field. On a phone nothing, as it would raise the keyboard. */
  const initialFocus = () => {
    const active = document.activeElement;
    if (active instanceof HTMLElement && popup.current?.contains(active)) return active;
    if (!hasKeyboard()) return popup.current;
    return body.current?.querySelector<HTMLElement>(FIELDS) ?? popup.current;
  };

  return (
    <Dialog.Root
      open
      disablePointerDismissal={kind === "alert"}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Dialog.Portal container={usePortal()}>
        <Dialog.Backdrop className={styles.overlay} forceRender />
        <Dialog.Popup
          ref={popup}
          className={`${styles.dialog} ${wide ? styles.wide : ""}`}
          role={kind === "alert" ? "alertdialog" : "dialog"}
          initialFocus={initialFocus}
          // The layer returns it.
          finalFocus={false}
        >
          <header className={styles.head}>
            <div>
              <Dialog.Title className={styles.title}>{title}</Dialog.Title>
              {about && <Dialog.Description className={styles.about}>{about}</Dialog.Description>}
            </div>
            {kind !== "alert" && (
              <Dialog.Close render={<IconButton label={t("close")} />}>
                <X size={20} />
              </Dialog.Close>
            )}
          </header>
          {children && (
            <div className={styles.body} ref={body}>
              {children}
            </div>
          )}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
};

export default DialogPopup;
