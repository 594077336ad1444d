import type { RoomSnapshot, RoomView, Row } from "@chinwag/client";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { VirtualizerHandle } from "virtua";
import { useAnchor } from "./use-anchor.ts";
import { isLooking } from "./use-looking.ts";

/** Distance from the end in pixels that counts as being there. */
const NEAR_END = 60;
/** Distance from an edge in pixels at which more history is fetched. */
const NEAR_EDGE = 800;

interface Input {
  readonly view: RoomView;
  readonly now: RoomSnapshot;
  /** Whether somebody looks at the room. */
  readonly looking: boolean;
}

/** The scroll position in a room: follows the end, stays in place while history is added, and fetches more at the edges. */
export const useTimelineScroll = ({ view, now, looking }: Input) => {
  const { held, rows, segment, isLive, isEarly, target, isReturn, viewKey } = now;
  const { last_seq } = held.room;
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  /** The segment's view that was scrolled to its beginning. */
  const placed = useRef(-1);
  const sticky = useRef(true);
  /** Whether somebody asked for the end: then a view begins there, and not at the line of new messages. */
  const wantsEnd = useRef(false);
  const last = useRef({ scrollOffset: 0, scrollSize: 0 });
  const [atEnd, setAtEnd] = useState(true);
  // Where the window is, the list only knows once the row that it goes to is there.
  const anchor = useAnchor({ rows, list, box, onSettled: () => look() });
  const loadEdges = useEdges(view, now, list, placed);

  // The view stays in place when rows are added or removed at the top; the virtual list must be told when that happens.
  const firstKey = useRef<string>(undefined);
  const first = rows.find((row) => row.kind === "message")?.key;
  const shift = firstKey.current !== undefined && first !== undefined && firstKey.current !== first;

  const readVisible = useCallback(() => {
    const handle = list.current;
    // Nothing has been read before anything is on screen.
    if (!handle || !looking || placed.current !== viewKey || anchor.held()) return;
    if (sticky.current && isLive) return view.read(last_seq);
    const bottom = handle.findItemIndex(handle.scrollOffset + handle.viewportSize - 8);
    const row = rows.slice(0, bottom + 1).findLast((row) => row.kind === "message");
    if (row?.kind === "message") view.read(row.event.seq);
  }, [view, last_seq, rows, looking, isLive, viewKey, anchor]);

  // Hearing of a message once as unread and once as read would draw everything twice.
  useEffect(() => {
    if (looking && isLive)
      return view.watch(() => sticky.current && placed.current === viewKey && isLooking());
  }, [view, looking, isLive, viewKey]);

  const keepPlace = useCallback(() => {
    if (anchor.hold()) return;
    if (sticky.current && isLive && rows.length > 0)
      list.current?.scrollToIndex(rows.length - 1, { align: "end" });
  }, [rows.length, isLive, anchor]);

  useLayoutEffect(() => {
    firstKey.current = first;
    if (rows.length === 0 || segment === undefined) return;
    if (placed.current === viewKey && target === undefined) return keepPlace();
    if (target !== undefined) wantsEnd.current = false;
    const line = wantsEnd.current ? -1 : rows.findIndex((row) => row.kind === "new");
    const index = target === undefined ? line : rowAt(rows, target);
    const row = rows[index];
    sticky.current = row === undefined;
    if (row) anchor.set(row.key, isReturn ? "start" : "center");
    else keepPlace();
    setAtEnd(sticky.current);
    if (first !== undefined && !isEarly) placed.current = viewKey;
    if (target !== undefined) view.arrived();
  }, [rows, first, keepPlace, anchor, view, viewKey, target, segment, isEarly, isReturn]);

  useEffect(() => {
    readVisible();
    if (!anchor.held()) loadEdges();
  }, [readVisible, loadEdges, anchor]);

  const look = () => {
    const handle = list.current;
    if (!handle) return;
    if (anchor.held()) return anchor.check();
    const { scrollOffset, scrollSize, viewportSize } = handle;
    // Only scrolling up leaves the end, not a new row or a row that turns out to be smaller.
    const movedUp =
      last.current.scrollOffset - scrollOffset > Math.max(0, last.current.scrollSize - scrollSize);
    if (isLive && scrollOffset + viewportSize >= scrollSize - NEAR_END) sticky.current = true;
    else if (movedUp) {
      // Who reads on does not wait for the place to begin at.
      if (sticky.current && rows.length > 0) {
        if (placed.current !== viewKey) view.stay();
        placed.current = viewKey;
      }
      sticky.current = false;
    }
    last.current = { scrollOffset, scrollSize };
    setAtEnd(sticky.current);
    readVisible();
    loadEdges();
  };

  const onResize = () => {
    keepPlace();
    look();
  };

  const toEnd = () => {
    anchor.release();
    wantsEnd.current = true;
    sticky.current = true;
    setAtEnd(true);
    keepPlace();
  };

  /** The seq of the message at the top of the window, or the end; undefined if nothing is drawn. */
  const top = (): number | "end" | undefined => {
    if (sticky.current && isLive) return "end";
    const handle = list.current;
    if (!handle) return undefined;
    const held = anchor.held();
    const index = held ? rows.indexOf(held) : handle.findItemIndex(handle.scrollOffset);
    const row = rows.slice(index).find((row) => row.kind === "message");
    return row?.kind === "message" ? row.event.seq : undefined;
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever more of the log is held
  useEffect(() => {
    const at = top();
    if (at !== undefined) view.trim(at);
  }, [held.log]);

  return {
    box,
    list,
    shift,
    atEnd,
    onScroll: look,
    onResize,
    toEnd,
    top,
    release: anchor.release,
  };
};

type Ref<T> = { readonly current: T };

/** Fetches more of the log when the window comes near an edge of the segment. */
const useEdges = (
  view: RoomView,
  { segment, isLive, viewKey }: RoomSnapshot,
  list: Ref<VirtualizerHandle | null>,
  placed: Ref<number>,
) =>
  useCallback(() => {
    const handle = list.current;
    if (!handle || !segment || placed.current !== viewKey) return;
    const { scrollOffset, scrollSize, viewportSize } = handle;
    if (scrollOffset < NEAR_EDGE) view.loadOlder();
    if (!isLive && scrollOffset + viewportSize > scrollSize - NEAR_EDGE) view.loadNewer();
  }, [view, segment, isLive, viewKey, list, placed]);

/** The row of the message with this seq or, if it has no row, the next one. */
const rowAt = (rows: readonly Row[], seq: number): number =>
  rows.findIndex((row) => row.kind === "message" && row.event.seq >= seq);
