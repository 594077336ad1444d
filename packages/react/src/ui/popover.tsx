import { cloneElement, lazy, type ReactElement, type ReactNode, Suspense, useRef, useState } from "react";

interface Props {
  /** The button that opens it. */
  readonly trigger: ReactElement;
  readonly title: string;
  /** Receives the function that closes it. */
  readonly children: (close: () => void) => ReactNode;
}

const Popup = lazy(() => import("./popover-popup.tsx"));

/** A small panel at a button, for what is more than a menu and less than a dialog. */
export const Popover = ({ trigger, title, children }: Props) => {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => setOpen(false);
  return (
    <>
      {cloneElement(trigger as ReactElement<Record<string, unknown>>, {
        ref: button,
        "aria-haspopup": "dialog",
        "aria-expanded": open,
        "data-open": open ? "" : undefined,
        onClick: () => setOpen(!open),
      })}
      {open && (
        <Suspense>
          <Popup anchor={button} title={title} onClose={close}>
            {children(close)}
          </Popup>
        </Suspense>
      )}
    </>
  );
};
