import { type RoomState, type Row, segmentAt } from "@chinwag/client";
import { useCallback, useEffect, useState } from "react";
import { useChat } from "../chat-context.tsx";

/** Milliseconds for which the message that a jump led to is highlighted. */
const FLASH = 1_800;

interface Jump {
  readonly seq: number;
  /** To a message that was asked for, to where the view was when the room was left, or to what is new in it. */
  readonly kind: "message" | "return" | "new";
}

/** A jump to a message by its seq: what is around it is fetched if it is not held, then it is scrolled to. */
export const useJump = (held: RoomState, returnTo: number | undefined) => {
  const chat = useChat();
  const { topic } = held.room;
  const [jump, setJump] = useState<Jump | undefined>(
    returnTo === undefined ? undefined : { seq: returnTo, kind: "return" },
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

  const beginAt = useCallback((seq: number) => setJump({ seq, kind: "new" }), []);
  // The same function until the next jump: what depends on it scrolls.
  const arrived = useCallback(() => {
    if (jump?.kind === "message") setFlash(jump.seq);
    setJump(undefined);
  }, [jump]);

  return {
    /** The seq to be shown, once it is held. */
    target: isHeld ? jump.seq : undefined,
    /** The seq whose surroundings are being fetched. */
    fetching: jump && !isHeld ? jump.seq : undefined,
    flash,
    /** Whether the view only returns to where it was. */
    isReturn: jump?.kind === "return",
    /** Whether what the view begins at is being fetched; until then, nothing on screen was meant to be read. */
    isBeginning: jump !== undefined && jump.kind !== "message" && !isHeld,
    jumpTo: (seq: number) => setJump({ seq, kind: "message" }),
    beginAt,
    /** The target is on screen. */
    arrived,
    cancel: () => setJump(undefined),
  };
};

/** The row of the message with this seq or, if it has no row, the next one. */
export const rowAt = (rows: readonly Row[], seq: number): number =>
  rows.findIndex((row) => row.kind === "message" && row.event.seq >= seq);
