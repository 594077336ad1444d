import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { VirtualizerHandle } from "virtua";
import type { RoomState } from "../../state/model";
import type { Row } from "../../state/timeline";
import { useChat } from "../app/chat-context";

/** This near the end counts as being there. */
const NEAR_END = 60;
/** This near the top, older history is fetched. */
const NEAR_TOP = 800;
const FLASH = 1_800;

interface Input {
  readonly held: RoomState;
  readonly rows: readonly Row[];
  readonly looking: boolean;
  /** What is new begins above all that is held. */
  readonly newAbove: boolean;
}

/** Where one is in a room: kept at the end, kept in place while history comes in on top, moved by a jump. */
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

  // Rows that came in on top keep the view where it was; the virtual list has to be told which kind it is.
  const firstKey = useRef<string>(undefined);
  const first = rows.find((row) => row.kind === "message")?.key;
  const shift = firstKey.current !== undefined && first !== undefined && firstKey.current !== first;

  const readVisible = useCallback(() => {
    const handle = list.current;
    // Before there is anything on screen, nothing has been read.
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
    // Somebody speaks while the history is still under way: its place is yet to come.
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
    // Only moving up leaves the end: a row that just came in, or one that turns out smaller, isn't anybody's move.
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

/** Goes to a message by its seq, fetching history until it is there, and lights it up for a moment. */
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
