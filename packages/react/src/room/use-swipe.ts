import { type PointerEvent, useRef } from "react";

/** Distance in pixels from which a swipe counts. */
const FAR = 56;
/** Width in pixels of the edges where a phone's own gestures begin. */
const EDGE = 24;

/**
 * Handles the swipe of a message with a finger, in the direction in which one reads. The distance is written to the style as `--pull`, 0 to 1, without
 * rendering with React on every move.
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
      // Code scrolls sideways, and players have sliders.
      const busy = target instanceof Element && target.closest("pre, audio, video");
      const isAtEdge = x <= EDGE || x >= innerWidth - EDGE;
      if (pointerType === "touch" && !isAtEdge && !busy) from.current = { x, y };
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (!from.current) return;
      const isRtl = event.currentTarget.matches(":dir(rtl)");
      const moved = (event.clientX - from.current.x) * (isRtl ? -1 : 1);
      const aside = moved > 8 && moved > Math.abs(event.clientY - from.current.y);
      show(event.currentTarget, aside || pull.current > 0 ? Math.min(1, Math.max(0, moved / FAR)) : 0);
    },
    onPointerUp: (event: PointerEvent<HTMLElement>) => end(event, true),
    onPointerCancel: (event: PointerEvent<HTMLElement>) => end(event, false),
  };
};
