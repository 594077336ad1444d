import {
  cloneElement,
  type KeyboardEvent,
  lazy,
  type MouseEvent,
  type ReactElement,
  type ReactNode,
  Suspense,
  useRef,
  useState,
} from "react";
import type { MenuItemProps } from "./menu-popup.tsx";

type TriggerProps = Record<string, unknown>;

interface MenuProps {
  /** The button that opens it. */
  readonly trigger: ReactElement;
  readonly children: ReactNode;
}

const Popup = lazy(() => import("./menu-popup.tsx"));

/** A menu at a button. Nothing of it exists while it is closed. */
export const Menu = ({ trigger, children }: MenuProps) => {
  const [open, setOpen] = useState<{ byKeyboard: boolean }>();
  const button = useRef<HTMLButtonElement>(null);
  const opener = cloneElement(trigger as ReactElement<TriggerProps>, {
    ref: button,
    "aria-haspopup": "menu",
    "aria-expanded": open !== undefined,
    "data-open": open ? "" : undefined,
    // Enter and Space are clicks without a press.
    onClick: (event: MouseEvent) => setOpen(open ? undefined : { byKeyboard: event.detail === 0 }),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      setOpen({ byKeyboard: true });
    },
  });
  return (
    <>
      {opener}
      {open && (
        <Suspense>
          <Popup anchor={button} byKeyboard={open.byKeyboard} onClose={() => setOpen(undefined)}>
            {children}
          </Popup>
        </Suspense>
      )}
    </>
  );
};

const Item = lazy(() => import("./menu-popup.tsx").then(({ MenuPopupItem }) => ({ default: MenuPopupItem })));

export const MenuItem = (props: MenuItemProps) => <Item {...props} />;
