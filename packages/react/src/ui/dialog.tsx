import * as Radix from "@radix-ui/react-dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "./button.tsx";
import styles from "./dialog.module.css";

interface Props {
  readonly title: string;
  readonly about?: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A dialog that is open while it is rendered. On a phone it slides up from the bottom. */
export const Dialog = ({ title, about, onClose, children }: Props) => (
  <Radix.Root open onOpenChange={(open) => !open && onClose()}>
    <Radix.Portal>
      <Radix.Overlay className={styles.overlay} />
      <Radix.Content className={styles.dialog} {...(about ? {} : { "aria-describedby": undefined })}>
        <header className={styles.head}>
          <div>
            <Radix.Title className={styles.title}>{title}</Radix.Title>
            {about && <Radix.Description className={styles.about}>{about}</Radix.Description>}
          </div>
          <Radix.Close asChild>
            <IconButton label="Close">
              <X size={20} />
            </IconButton>
          </Radix.Close>
        </header>
        <div className={styles.body}>{children}</div>
      </Radix.Content>
    </Radix.Portal>
  </Radix.Root>
);
