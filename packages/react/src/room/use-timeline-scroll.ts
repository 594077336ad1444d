import type { RoomState, Row } from "@chinwag/client";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { VirtualizerHandle } from "virtua";
import { useChat } from "../chat-context.tsx";

/** Distance from the end in pixels that counts as being there. */
const NEAR_END = 60;
/** Distance from the top in pixels at which older history is fetched. */
const NEAR_TOP = 800;
const FLASH = 1_800;

interface Input {
  readonly held: RoomState;
  readonly rows: readonly Row[];
  readonly looking: boolean;
  /** Whether the first new message is older than everything held. */
  readonly newAbove: boolean;
}

/** The scroll position in a room: follows the end, stays in place while older history is added, and handles jumps. */
export const useTimelineScroll = ({ held, rows, looking, newAbove }: Input) => {
  const chat = useChat();
  const { topic, last_seq } = held.room;
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const placed = useRef(false);
  const sticky = useRef(true);
  const last = useRef({ scrollOffset: 0, scrollSize: 0 });
  const [atEnd, setAtEnd] = useState(true);
  const [loading, setLoading] = useState(false);

  // The view stays in place when rows are added at the top; the virtual list must be told when that happens.
  const firstKey = useRef<string>(undefined);
  const first = rows.find((row) => row.kind === "message")?.key;
  const shift = firstKey.current !== undefined && first !== undefined && firstKey.current !== first;

  const readVisible = useCallback(() => {
    const handle = list.current;
    // Nothing has been read before anything is on screen.
    if (!handle || !looking || !placed.current) return;
    if (sticky.current) return chat.read(topic, last_seq);
    const bottom = handle.findItemIndex(handle.scrollOffset + handle.viewportSize - 8);
    const row = rows.slice(0, bottom + 1).findLast((row) => row.kind === "message");
    if (row?.kind === "message") chat.read(topic, row.event.seq);
  }, [chat, topic, last_seq, rows, looking]);

  const loadIfNearTop = useCallback(async () => {
    const handle = list.current;
    if (!handle || held.from <= 1 || handle.scrollOffset > NEAR_TOP) return;
    setLoading(true);
    await chat.loadOlder(topic);
    setLoading(false);
  }, [chat, topic, held.from]);

  const stickToEnd = useCallback(() => {
    if (sticky.current && rows.length > 0) list.current?.scrollToIndex(rows.length - 1, { align: "end" });
  }, [rows.length]);

  useLayoutEffect(() => {
    firstKey.current = first;
    if (rows.length === 0) return;
    // A message arrived while the history is being fetched: the position is not known yet.
    if (newAbove && loading && !placed.current) return;
    const line = rows.findIndex((row) => row.kind === "new");
    if (!placed.current && line >= 0) {
      sticky.current = false;
      list.current?.scrollToIndex(line, { align: "center" });
    } else {
      stickToEnd();
    }
    placed.current ||= first !== undefined;
  }, [rows, first, stickToEnd, newAbove, loading]);

  useEffect(() => {
    readVisible();
    void loadIfNearTop();
  }, [readVisible, loadIfNearTop]);

  const look = () => {
    const handle = list.current;
    if (!handle) return;
    const { scrollOffset, scrollSize, viewportSize } = handle;
    // Only scrolling up leaves the end, not a new row or a row that turns out to be smaller.
    const movedUp =
      last.current.scrollOffset - scrollOffset > Math.max(0, last.current.scrollSize - scrollSize);
    if (scrollOffset + viewportSize >= scrollSize - NEAR_END) sticky.current = true;
    else if (movedUp) sticky.current = false;
    last.current = { scrollOffset, scrollSize };
    setAtEnd(sticky.current);
    readVisible();
    void loadIfNearTop();
  };

  const onResize = () => {
    stickToEnd();
    look();
  };

  const toEnd = () => {
    sticky.current = true;
    setAtEnd(true);
    stickToEnd();
  };

  const { flash, jumpTo } = useJump({ topic, rows, list, sticky });
  return { box, list, shift, loading, atEnd, flash, onScroll: look, onResize, toEnd, jumpTo };
};

interface JumpInput {
  readonly topic: string;
  readonly rows: readonly Row[];
  readonly list: { readonly current: VirtualizerHandle | null };
  readonly sticky: { current: boolean };
}

/** Goes to a message by its seq, fetching history until it is held, and highlights it briefly. */
const useJump = ({ topic, rows, list, sticky }: JumpInput) => {
  const chat = useChat();
  const [wanted, setWanted] = useState<number>();
  const [flash, setFlash] = useState<number>();

  useEffect(() => {
    if (wanted === undefined) return;
    const index = rows.findIndex((row) => row.kind === "message" && row.event.seq === wanted);
    if (index < 0) return;
    sticky.current = false;
    list.current?.scrollToIndex(index, { align: "center" });
    setWanted(undefined);
    setFlash(wanted);
  }, [wanted, rows, list, sticky]);

  useEffect(() => {
    if (flash === undefined) return;
    const timer = setTimeout(() => setFlash(undefined), FLASH);
    return () => clearTimeout(timer);
  }, [flash]);

  const jumpTo = async (seq: number) => {
    if (await chat.loadBackTo(topic, seq)) setWanted(seq);
  };
  return { flash, jumpTo };
};
