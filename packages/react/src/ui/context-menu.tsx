import { lazy, type MouseEvent, type PointerEvent, type ReactNode, Suspense, useRef, useState } from "react";
import type { Point } from "./menu-popup.tsx";

const Popup = lazy(() => import("./menu-popup.tsx"));

/** Milliseconds for which a finger rests before the menu opens. */
const LONG = 500;
/** Pixels a resting finger may move. */
const STEADY = 10;

const pointAt = (x: number, y: number): Point => ({ getBoundingClientRect: () => new DOMRect(x, y, 0, 0) });

/**
 * A menu for an area: by the secondary button, the menu key, or a finger that rests on it. Returns the area's event
 * handlers and the menu, to be drawn beside it. iOS knows no `contextmenu` event, so the finger is watched. `isExcepted`
 * leaves what was pressed to the browser's own menu.
 */
export const useContextMenu = (
  items: ReactNode,
  isExcepted: (event: MouseEvent | PointerEvent) => boolean = () => false,
) => {
  const [open, setOpen] = useState<{ at: Point; byKeyboard: boolean }>();
  const resting = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number }>(undefined);

  const show = (x: number, y: number, byKeyboard = false) => setOpen({ at: pointAt(x, y), byKeyboard });
  const lift = () => {
    clearTimeout(resting.current?.timer);
    resting.current = undefined;
  };

  const handlers = {
    onContextMenu: (event: MouseEvent) => {
      if (isExcepted(event)) return;
      event.preventDefault();
      lift();
      show(event.clientX, event.clientY, event.button === 0);
    },
    onPointerDown: (event: PointerEvent) => {
      const { pointerType, clientX: x, clientY: y } = event;
      if (pointerType !== "touch" || isExcepted(event)) return;
      resting.current = { timer: setTimeout(() => show(x, y), LONG), x, y };
    },
    onPointerMove: ({ clientX, clientY }: PointerEvent) => {
      const from = resting.current;
      if (from && Math.hypot(clientX - from.x, clientY - from.y) > STEADY) lift();
    },
    onPointerUp: lift,
    onPointerCancel: lift,
  };
  const menu = open && (
    <Suspense>
      <Popup anchor={open.at} byKeyboard={open.byKeyboard} onClose={() => setOpen(undefined)}>
        {items}
      </Popup>
    </Suspense>
  );
  return { handlers, menu };
};
