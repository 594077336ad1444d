import { isTooLarge, type RoomState, type Row, type Segment } from "@chinwag/client";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { VirtualizerHandle } from "virtua";
import { useChat } from "../chat-context.tsx";
import { rowAt } from "./use-jump.ts";
import { isLooking } from "./use-looking.ts";

/** Distance from the end in pixels that counts as being there. */
const NEAR_END = 60;
/** Distance from an edge in pixels at which more history is fetched. */
const NEAR_EDGE = 800;

interface Input {
  readonly held: RoomState;
  readonly rows: readonly Row[];
  readonly segment: Segment | undefined;
  /** Whether the segment reaches the newest event. */
  readonly isLive: boolean;
  /** Changes with each jump to another segment. */
  readonly view: number;
  readonly looking: boolean;
  /** Whether the place to begin at is not known yet; until it is, the view stays at the end, and nothing counts as read. */
  readonly isEarly: boolean;
  /** The seq to go to. */
  readonly target: number | undefined;
  /** Whether the target is where the view was when the room was left. */
  readonly isReturn: boolean;
  /** Called when the target is on screen. */
  readonly onArrived: () => void;
  /** Keeps the view at the segment around this seq when the log is trimmed. */
  stayAt(seq: number): void;
}

/** The scroll position in a room: follows the end, stays in place while history is added, and fetches more at the edges. */
export const useTimelineScroll = (input: Input) => {
  const { held, rows, segment, isLive, view, looking, isEarly, target, isReturn, onArrived } = input;
  const chat = useChat();
  const { topic, last_seq } = held.room;
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  /** The view that was scrolled to its beginning. */
  const placed = useRef(-1);
  const sticky = useRef(true);
  /** Whether somebody asked for the end: then a view begins there, and not at the line of new messages. */
  const wantsEnd = useRef(false);
  const last = useRef({ scrollOffset: 0, scrollSize: 0 });
  const [atEnd, setAtEnd] = useState(true);
  const { loading, loadEdges } = useEdges(input, list, placed);

  // The view stays in place when rows are added or removed at the top; the virtual list must be told when that happens.
  const firstKey = useRef<string>(undefined);
  const first = rows.find((row) => row.kind === "message")?.key;
  const shift = firstKey.current !== undefined && first !== undefined && firstKey.current !== first;

  const readVisible = useCallback(() => {
    const handle = list.current;
    // Nothing has been read before anything is on screen.
    if (!handle || !looking || placed.current !== view) return;
    if (sticky.current && isLive) return chat.read(topic, last_seq);
    const bottom = handle.findItemIndex(handle.scrollOffset + handle.viewportSize - 8);
    const row = rows.slice(0, bottom + 1).findLast((row) => row.kind === "message");
    if (row?.kind === "message") chat.read(topic, row.event.seq);
  }, [chat, topic, last_seq, rows, looking, isLive, view]);

  // Hearing of a message once as unread and once as read would draw everything twice.
  useEffect(() => {
    if (looking && isLive)
      return chat.watch(topic, () => sticky.current && placed.current === view && isLooking());
  }, [chat, topic, looking, isLive, view]);

  const stickToEnd = useCallback(() => {
    if (sticky.current && isLive && rows.length > 0)
      list.current?.scrollToIndex(rows.length - 1, { align: "end" });
  }, [rows.length, isLive]);

  useLayoutEffect(() => {
    firstKey.current = first;
    if (rows.length === 0 || segment === undefined) return;
    if (placed.current === view && target === undefined) return stickToEnd();
    if (target !== undefined) wantsEnd.current = false;
    const line = wantsEnd.current ? -1 : rows.findIndex((row) => row.kind === "new");
    const index = target === undefined ? line : rowAt(rows, target);
    sticky.current = index < 0;
    if (index >= 0) list.current?.scrollToIndex(index, { align: isReturn ? "start" : "center" });
    else stickToEnd();
    setAtEnd(sticky.current);
    if (first !== undefined && !isEarly) placed.current = view;
    if (target !== undefined) onArrived();
  }, [rows, first, stickToEnd, view, target, segment, isEarly, isReturn, onArrived]);

  useEffect(() => {
    readVisible();
    loadEdges();
  }, [readVisible, loadEdges]);

  const look = () => {
    const handle = list.current;
    if (!handle) return;
    const { scrollOffset, scrollSize, viewportSize } = handle;
    // Only scrolling up leaves the end, not a new row or a row that turns out to be smaller.
    const movedUp =
      last.current.scrollOffset - scrollOffset > Math.max(0, last.current.scrollSize - scrollSize);
    if (isLive && scrollOffset + viewportSize >= scrollSize - NEAR_END) sticky.current = true;
    else if (movedUp) {
      // Who reads on does not wait for the place to begin at.
      if (sticky.current && rows.length > 0) placed.current = view;
      sticky.current = false;
    }
    last.current = { scrollOffset, scrollSize };
    setAtEnd(sticky.current);
    readVisible();
    loadEdges();
  };

  const onResize = () => {
    stickToEnd();
    look();
  };

  const toEnd = () => {
    wantsEnd.current = true;
    sticky.current = true;
    setAtEnd(true);
    stickToEnd();
  };

  /** The seq of the message at the top of the window; undefined at the end. */
  const topSeq = (): number | undefined => {
    const handle = list.current;
    if (!handle || (sticky.current && isLive)) return undefined;
    const top = handle.findItemIndex(handle.scrollOffset);
    const row = rows.slice(top).find((row) => row.kind === "message");
    return row?.kind === "message" ? row.event.seq : undefined;
  };

  useTrim(input, topSeq, atEnd);

  return { box, list, shift, loading, atEnd, onScroll: look, onResize, toEnd, topSeq };
};

/** Drops what is far from the window, on one side at a time: on which, the scrolling tells. */
const useTrim = ({ held, isLive, stayAt }: Input, topSeq: () => number | undefined, atEnd: boolean): void => {
  const chat = useChat();
  const { log, room, applied } = held;
  const before = useRef<number>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever more of the log is held
  useEffect(() => {
    if (!isTooLarge(log)) return;
    const top = topSeq();
    const isUp = top !== undefined && top < (before.current ?? applied);
    before.current = top ?? applied;
    if (atEnd && isLive) return chat.trim(room.topic, applied, "older");
    if (top === undefined) return;
    stayAt(top);
    chat.trim(room.topic, top, isUp ? "newer" : "older");
  }, [log]);
};

type Ref<T> = { readonly current: T };

/** Fetches more of the log when the window comes near an edge of the segment. */
const useEdges = (
  { held, segment, isLive, view }: Input,
  list: Ref<VirtualizerHandle | null>,
  placed: Ref<number>,
) => {
  const chat = useChat();
  const { topic } = held.room;
  const [loading, setLoading] = useState(false);

  const loadEdges = useCallback(() => {
    const handle = list.current;
    if (!handle || !segment || placed.current !== view) return;
    const { scrollOffset, scrollSize, viewportSize } = handle;
    const older = segment.from > 1 && scrollOffset < NEAR_EDGE;
    const newer = !isLive && scrollOffset + viewportSize > scrollSize - NEAR_EDGE;
    if (older) {
      setLoading(true);
      void chat.loadOlder(topic, segment.from).finally(() => setLoading(false));
    }
    if (newer) void chat.loadNewer(topic, segment.to);
  }, [chat, topic, segment, isLive, view, list, placed]);

  return { loading, loadEdges };
};
