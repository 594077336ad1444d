import type { RoomState, Segment } from "@chinwag/client";
import { useLayoutEffect, useState } from "react";

interface Input {
  readonly held: RoomState;
  readonly segment: Segment | undefined;
  /** Whether all is known that decides where to begin. */
  readonly isKnown: boolean;
  /** Whether there is a place to begin at already: where the view was when the room was left. */
  readonly hasPlace: boolean;
  readonly beginAt: (seq: number) => void;
}

/**
 * Begins a visit at what is new, if that is further back than what a room is opened with. Returns whether that is still to
 * be done; it is done at most once, so that nothing moves under who reads.
 */
export const useBeginAtNew = ({ held, segment, isKnown, hasPlace, beginAt }: Input) => {
  const [decided, setDecided] = useState(hasPlace);
  const { unread, read_seq } = held.room;
  const isFar = unread > 0 && segment !== undefined && segment.from > read_seq + 1;

  // Before anything is painted, and before anything on screen counts as read.
  useLayoutEffect(() => {
    if (decided || !isKnown || !segment) return;
    setDecided(true);
    if (isFar) beginAt(read_seq + 1);
  }, [decided, isKnown, segment, isFar, read_seq, beginAt]);

  return {
    isToBegin: !decided && isFar,
    /** Leaves the view where it is: somebody chose another place. */
    stay: () => setDecided(true),
  };
};
