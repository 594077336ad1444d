import { type Segment, segmentAt } from "../state/log.ts";
import type { RoomState } from "../state/model.ts";
import { hasGap, liveSegment } from "../state/room.ts";

/** Whether what the room shows is being fetched, is there, or could not be fetched. */
export type Opening = "loading" | "loaded" | "failed";

export interface Jump {
  readonly seq: number;
  /** To a message that was asked for, to where the view was when the room was left, or to what is new in it. */
  readonly kind: "message" | "return" | "new";
}

/** What a view of a room remembers from opening the room until leaving it. */
export interface Visit {
  /** What is shown: the end of the log, or the segment around a seq. */
  readonly place: "end" | number;
  /** Changes with each jump to another segment. */
  readonly viewKey: number;
  readonly jump: Jump | undefined;
  /** Whether it is decided where the visit begins. It is decided once, so that nothing moves under who reads. */
  readonly hasBegun: boolean;
  /** The "new messages" line is above the first message of others after this seq. */
  readonly newAfter: number | undefined;
  /** What the line was last decided by. */
  readonly lastSeen: { readonly unread: number; readonly isFetched: boolean };
  readonly opening: Opening;
  readonly isLooking: boolean;
  /** The seq before which messages are being fetched. */
  readonly loadingBefore: number | undefined;
  /** What could not be fetched: older or newer messages, or those around the seq of a jump. */
  readonly missed: "older" | "newer" | number | undefined;
  /** The seq of the message that is highlighted. */
  readonly flash: number | undefined;
}

/** Begins a visit, at the end or at `returnTo`. */
export const beginVisit = (held: RoomState, isFetched: boolean, returnTo: number | undefined): Visit => {
  const { unread, read_seq } = held.room;
  const isHere = returnTo !== undefined && segmentAt(held.log, returnTo) !== undefined;
  return {
    place: isHere ? returnTo : "end",
    viewKey: 0,
    jump: returnTo === undefined ? undefined : { seq: returnTo, kind: "return" },
    hasBegun: returnTo !== undefined,
    newAfter: unread > 0 ? read_seq : undefined,
    lastSeen: { unread, isFetched },
    opening: "loading",
    isLooking: false,
    loadingBefore: undefined,
    missed: undefined,
    flash: undefined,
  };
};

/** The segment that is shown. */
export const segmentOf = ({ place }: Pick<Visit, "place">, held: RoomState): Segment | undefined =>
  (place === "end" ? undefined : segmentAt(held.log, place)) ?? liveSegment(held);

/** The seq that a jump leads to, once it is held. */
export const targetOf = ({ jump }: Visit, held: RoomState): number | undefined =>
  jump && segmentAt(held.log, jump.seq) ? jump.seq : undefined;

/** Whether something new is further back than what is shown. */
export const isNewFarBack = ({ room }: RoomState, segment: Segment | undefined): boolean =>
  room.unread > 0 && segment !== undefined && segment.from > room.read_seq + 1;

/** Whether there may be newer messages than those that are held. `isFetched` is false while all is from an earlier visit. */
export const isUncertain = (held: RoomState, isFetched: boolean): boolean => !isFetched || hasGap(held);

/** Goes on with a visit after something changed. */
export const goOn = (visit: Visit, held: RoomState, isFetched: boolean): Visit =>
  withJump(withBeginning(withLine(visit, held, isFetched), held, isFetched), held);

/**
 * The line is after what was read when the room was opened, or when something new arrived while nobody was looking. It
 * stays while one reads on. What an earlier visit left may be outdated, so it is placed again once the room is fetched.
 */
const withLine = (visit: Visit, { room: { unread, read_seq } }: RoomState, isFetched: boolean): Visit => {
  const { lastSeen, isLooking } = visit;
  if (lastSeen.unread === unread && lastSeen.isFetched === isFetched) return visit;
  const next = { ...visit, lastSeen: { unread, isFetched } };
  if (isFetched && !lastSeen.isFetched) return { ...next, newAfter: unread > 0 ? read_seq : undefined };
  return lastSeen.unread === 0 && unread > 0 && !isLooking ? { ...next, newAfter: read_seq } : next;
};

/** Begins at what is new if that is further back than what a room is opened with, as soon as all about it is known. */
const withBeginning = (visit: Visit, held: RoomState, isFetched: boolean): Visit => {
  const segment = segmentOf(visit, held);
  const isKnown = visit.opening === "loaded" && segment !== undefined && !isUncertain(held, isFetched);
  if (visit.hasBegun || !isKnown) return visit;
  const jump: Jump | undefined = isNewFarBack(held, segment)
    ? { seq: held.room.read_seq + 1, kind: "new" }
    : visit.jump;
  return { ...visit, hasBegun: true, jump };
};

/** Shows the segment that a jump leads to, once it is held. */
const withJump = (visit: Visit, held: RoomState): Visit => {
  const target = targetOf(visit, held);
  if (target === undefined || target === visit.place) return visit;
  const next = { ...visit, place: target };
  return segmentOf(next, held) === segmentOf(visit, held) ? next : { ...next, viewKey: visit.viewKey + 1 };
};
