import type { Row } from "@chinwag/client";
import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef } from "react";
import type { VirtualizerHandle } from "virtua";

type Align = "start" | "center";

interface Input {
  readonly rows: readonly Row[];
  readonly list: RefObject<VirtualizerHandle | null>;
  readonly box: RefObject<HTMLElement | null>;
  /** Called when the row is on screen, or somebody scrolled instead. */
  onSettled(): void;
}

export interface Anchor {
  /** Scrolls to the row with this key. */
  set(key: string, align: Align): void;
  /** Scrolls to the row again, if it is still awaited; false if none is. Call it whenever rows or sizes changed. */
  hold(): boolean;
  /** The row that is awaited. */
  held(): Row | undefined;
  /** Releases the row once it is on screen. Call it after every scroll. */
  check(): void;
  release(): void;
}

/** What people scroll with. */
const ACTS = ["wheel", "touchmove", "pointerdown", "keydown"] as const;

/**
 * Scrolls to a row and holds on to it until it is on screen. The virtual list scrolls to an index, and gives up soon: on
 * a busy machine, rows are measured later than that, or rows are added above it meanwhile, and another row would be shown.
 */
export const useAnchor = (input: Input): Anchor => {
  const latest = useRef(input);
  useLayoutEffect(() => {
    latest.current = input;
  });
  const wanted = useRef<{ readonly key: string; readonly align: Align }>(undefined);
  const frame = useRef(0);

  const anchor = useMemo((): Anchor => {
    const indexHeld = (): number =>
      wanted.current ? latest.current.rows.findIndex(({ key }) => key === wanted.current?.key) : -1;
    const release = () => {
      wanted.current = undefined;
      cancelAnimationFrame(frame.current);
    };
    const check = () => {
      if (!wanted.current) return;
      cancelAnimationFrame(frame.current);
      // The list reacts to the same sizes: only the next frame shows what it made of them.
      frame.current = requestAnimationFrame(() => {
        const { box, onSettled } = latest.current;
        if (!wanted.current || !box.current || !isShown(box.current, wanted.current.key)) return;
        release();
        onSettled();
      });
    };
    const hold = (): boolean => {
      const index = indexHeld();
      if (!wanted.current || index < 0) {
        release();
        return false;
      }
      latest.current.list.current?.scrollToIndex(index, { align: wanted.current.align });
      check();
      return true;
    };
    return {
      set: (key, align) => {
        wanted.current = { key, align };
        hold();
      },
      hold,
      held: () => latest.current.rows[indexHeld()],
      check,
      release,
    };
  }, []);

  const onAct = useCallback(() => {
    if (!wanted.current) return;
    anchor.release();
    latest.current.onSettled();
  }, [anchor]);

  const { box } = input;
  useEffect(() => {
    const element = box.current;
    for (const act of ACTS) element?.addEventListener(act, onAct, { passive: true });
    return () => {
      for (const act of ACTS) element?.removeEventListener(act, onAct);
      anchor.release();
    };
  }, [box, onAct, anchor]);

  return anchor;
};

/** Whether the row is in the window, and all rows that are drawn have been measured: until then they are hidden. */
const isShown = (box: HTMLElement, wanted: string): boolean => {
  const frame = box.getBoundingClientRect();
  let found = false;
  for (const row of box.querySelectorAll<HTMLElement>("[data-key]")) {
    if (getComputedStyle(row).visibility === "hidden") return false;
    if (row.dataset.key !== wanted) continue;
    const { top, bottom } = row.getBoundingClientRect();
    found = bottom > frame.top && top < frame.bottom;
  }
  return found;
};
