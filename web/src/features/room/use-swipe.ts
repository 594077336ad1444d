import { type PointerEvent, useRef } from "react";

/** Drawn this far aside, letting go counts. */
const FAR = 56;
/** From the very edge a phone's own gesture begins. */
const EDGE = 24;

/**
 * A message drawn aside with a finger. How far it is drawn stands in the style as `--pull`, 0 to 1; React is not
 * asked at every step of the finger.
 */
export const useSwipe = (onSwipe: () => void) => {
  const from = useRef<{ x: number; y: number }>(undefined);
  const pull = useRef(0);

  const show = (element: HTMLElement, share: number) => {
    pull.current = share;
    element.toggleAttribute("data-pulled", share > 0);
    if (share > 0) element.style.setProperty("--pull", share.toFixed(3));
    else element.style.removeProperty("--pull");
  };

  const end = (event: PointerEvent<HTMLElement>, counts: boolean) => {
    if (!from.current) return;
    from.current = undefined;
    const far = pull.current >= 1;
    show(event.currentTarget, 0);
    if (counts && far) onSwipe();
  };

  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      const { pointerType, clientX: x, clientY: y, target } = event;
      // Code is scrolled sideways, and players have sliders.
      const busy = target instanceof Element && target.closest("pre, audio, video");
      if (pointerType === "touch" && x > EDGE && !busy) from.current = { x, y };
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (!from.current) return;
      const right = event.clientX - from.current.x;
      const aside = right > 8 && right > Math.abs(event.clientY - from.current.y);
      show(event.currentTarget, aside || pull.current > 0 ? Math.min(1, Math.max(0, right / FAR)) : 0);
    },
    onPointerUp: (event: PointerEvent<HTMLElement>) => end(event, true),
    onPointerCancel: (event: PointerEvent<HTMLElement>) => end(event, false),
  };
};
