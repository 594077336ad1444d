import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import { useEffect } from "react";
import { useText } from "../language/index.ts";
import { Button, IconButton } from "./button.tsx";
import styles from "./notices.module.css";
import { usePortal } from "./portal.ts";

export interface Notice {
  readonly id: number;
  readonly text: string;
  /** A button in the notice, such as "Undo". */
  readonly action?: { readonly label: string; readonly run: () => void } | undefined;
}

/** Milliseconds for which a notice stands: enough to read two lines. */
const STANDS = 6_000;
/** With a button, there must be time to reach it. */
const STANDS_WITH_ACTION = 10_000;

const manager = Toast.createToastManager();

const show = ({ text, action }: Notice): void => {
  const id = manager.add({
    description: text,
    timeout: action ? STANDS_WITH_ACTION : STANDS,
    ...(action && {
      actionProps: {
        children: action.label,
        onClick: () => {
          manager.close(id);
          action.run();
        },
      },
    }),
  });
};

interface Props {
  readonly notices: readonly Notice[];
  readonly onTaken: (id: number) => void;
}

/** What {@link Notices} loads with the first notice. */
const Toasts = ({ notices, onTaken }: Props) => {
  const t = useText();
  useEffect(() => {
    for (const notice of notices) show(notice);
    const newest = notices.at(-1);
    if (newest) onTaken(newest.id);
  }, [notices, onTaken]);

  return (
    <Toast.Provider toastManager={manager} limit={3}>
      <Toast.Portal container={usePortal()}>
        <Toast.Viewport className={styles.notices} aria-label={t("notices")}>
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
};

export default Toasts;

const List = () => {
  const t = useText();
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      className={styles.notice}
      swipeDirection={["down", t.direction === "rtl" ? "left" : "right"]}
    >
      <Toast.Content className={styles.content}>
        <Toast.Description className={styles.text} render={<p dir="auto" />} />
        {toast.actionProps && <Toast.Action render={<Button small />} className={styles.action} />}
        <Toast.Close render={<IconButton label={t("notices.close")} />} className={styles.close}>
          <X size={16} />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
};
