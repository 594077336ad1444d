import type { ListItem } from "@chinwag/client";
import { type RefObject, useEffect, useLayoutEffect, useState } from "react";
import type { VirtualizerHandle } from "virtua";

type Handle = RefObject<VirtualizerHandle | null>;

/** The height of an element, also when it changes. */
export const useHeight = (of: RefObject<HTMLElement | null>): number => {
  const [height, setHeight] = useState(0);
  useLayoutEffect(() => {
    const element = of.current;
    if (!element) return;
    const measure = () => setHeight(element.offsetHeight);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [of]);
  return height;
};

/** Scrolls the list so that the open room is in it. */
export const useShowOpen = (
  open: string | undefined,
  rooms: readonly ListItem[],
  handle: Handle,
  box: RefObject<HTMLElement | null>,
): void => {
  const index = rooms.findIndex((item) => item.kind === "room" && item.topic === open);
  // biome-ignore lint/correctness/useExhaustiveDependencies: when another room is opened, not when the order changes
  useEffect(() => {
    if (open === undefined) return;
    if (index >= 0) handle.current?.scrollToIndex(index, { align: "nearest" });
    else box.current?.querySelector("[aria-current=page]")?.scrollIntoView({ block: "nearest" });
  }, [open, index >= 0]);
};

interface Input {
  readonly rooms: readonly ListItem[];
  /** The topics of unread rooms. */
  readonly unread: readonly string[];
  readonly open: string | undefined;
  readonly handle: Handle;
}

/** How many unread rooms are above and below the window. */
export const useUnreadOutside = ({ rooms, unread, open, handle }: Input) => {
  const [range, setRange] = useState<readonly [number, number]>([0, Number.POSITIVE_INFINITY]);

  const look = () => {
    const list = handle.current;
    if (!list) return;
    const first = list.findItemIndex(list.scrollOffset);
    const last = list.findItemIndex(list.scrollOffset + list.viewportSize);
    setRange((held) => (held[0] === first && held[1] === last ? held : [first, last]));
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever the rooms or their order changed
  useEffect(look, [rooms]);

  const isUnread = new Set(unread);
  const places = rooms.flatMap((item, index) =>
    item.kind === "room" && item.topic !== open && isUnread.has(item.topic) ? [index] : [],
  );
  const above = places.filter((index) => index < range[0]);
  const below = places.filter((index) => index > range[1]);
  const go = (index: number | undefined) => {
    if (index !== undefined) handle.current?.scrollToIndex(index, { align: "center", smooth: true });
  };
  return {
    above: above.length,
    below: below.length,
    look,
    goAbove: () => go(above.at(-1)),
    goBelow: () => go(below[0]),
  };
};
