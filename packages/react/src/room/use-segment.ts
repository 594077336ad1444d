import { liveSegment, type RoomState, type Segment, segmentAt } from "@chinwag/client";
import { useState } from "react";

/** Where in a room's log the view is: at its end, or in the segment around a seq. */
export type Place = "end" | number;

/**
 * The part of the log that is shown. `view` changes with each jump to another segment: nothing is scrolled from one to
 * the other. A segment that grows, or becomes one with its neighbour, is the same view.
 */
export const useSegment = (held: RoomState, target: number | undefined) => {
  const [place, setPlace] = useState<Place>(target ?? "end");
  const [view, setView] = useState(0);
  const segment = shownAt(held, place);

  // A jump leads into another segment. React draws again before anything is on screen.
  if (target !== undefined && target !== place) {
    if (shownAt(held, target) !== segment) setView(view + 1);
    setPlace(target);
  }

  const isLive = segment !== undefined && segment.to === held.applied;
  const toEnd = () => {
    if (!isLive) setView(view + 1);
    setPlace("end");
  };
  return { segment, isLive, view, toEnd, stayAt: setPlace };
};

const shownAt = (held: RoomState, place: Place): Segment | undefined =>
  (place === "end" ? undefined : segmentAt(held.log, place)) ?? liveSegment(held);
