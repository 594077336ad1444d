import { type RoomState, type Row, segmentAt } from "@chinwag/client";
import { useCallback, useEffect, useState } from "react";
import { useChat } from "../chat-context.tsx";

/** Milliseconds for which the message that a jump led to is highlighted. */
const FLASH = 1_800;

interface Jump {
  readonly seq: number;
  /** Whether to highlight the message; otherwise the view only returns to where it was. */
  readonly flash: boolean;
}

/** A jump to a message by its seq: what is around it is fetched if it is not held, then it is scrolled to. */
export const useJump = (held: RoomState, returnTo: number | undefined) => {
  const chat = useChat();
  const { topic } = held.room;
  const [jump, setJump] = useState<Jump | undefined>(
    returnTo === undefined ? undefined : { seq: returnTo, flash: false },
  );
  const [flash, setFlash] = useState<number>();
  const isHeld = jump !== undefined && segmentAt(held.log, jump.seq) !== undefined;

  useEffect(() => {
    if (!jump || isHeld) return;
    let wanted = true;
    void chat.loadAround(topic, jump.seq).finally(() => {
      const now = chat.store.state.rooms.get(topic);
      // It could not be fetched, or no longer exists.
      if (wanted && !(now && segmentAt(now.log, jump.seq))) setJump(undefined);
    });
    return () => {
      wanted = false;
    };
  }, [chat, topic, jump, isHeld]);

  useEffect(() => {
    if (flash === undefined) return;
    const timer = setTimeout(() => setFlash(undefined), FLASH);
    return () => clearTimeout(timer);
  }, [flash]);

  // The same function until the next jump: what depends on it scrolls.
  const arrived = useCallback(() => {
    if (jump?.flash) setFlash(jump.seq);
    setJump(undefined);
  }, [jump]);

  return {
    /** The seq to be shown, once it is held. */
    target: isHeld ? jump.seq : undefined,
    /** The seq whose surroundings are being fetched. */
    fetching: jump && !isHeld ? jump.seq : undefined,
    flash,
    /** Whether the view only returns to where it was. */
    isReturn: jump?.flash === false,
    jumpTo: (seq: number) => setJump({ seq, flash: true }),
    /** The target is on screen. */
    arrived,
    cancel: () => setJump(undefined),
  };
};

/** The row of the message with this seq or, if it has no row, the next one. */
export const rowAt = (rows: readonly Row[], seq: number): number =>
  rows.findIndex((row) => row.kind === "message" && row.event.seq >= seq);
