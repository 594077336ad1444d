import type { Log, Segment } from "../state/log.ts";
import type { OutboxEntry, RoomState } from "../state/model.ts";
import { createLayout, type Row } from "../state/timeline.ts";
import { isShallowlySame } from "./view.ts";
import { isNewFarBack, isUncertain, type Opening, segmentOf, targetOf, type Visit } from "./visit.ts";

/** What a room on screen shows. */
export interface RoomSnapshot {
  readonly held: RoomState;
  /** The part of the log that is shown; undefined if nothing is held yet. */
  readonly segment: Segment | undefined;
  /** Whether the segment reaches the newest event. */
  readonly isLive: boolean;
  /** The segment's rows, and my messages that wait to be sent; unchanged rows are the same objects as before. */
  readonly rows: readonly Row[];
  /**
   * Changes with each jump to another segment: nothing is scrolled from one to the other. A segment that grows, or becomes
   * one with its neighbour, is the same view.
   */
  readonly viewKey: number;
  /** My messages that were refused. */
  readonly failed: readonly OutboxEntry[];
  /**
   * The first seq that may be new, if the line for it belongs above everything shown. Then no row is the line, because any
   * other place would be wrong.
   */
  readonly newAbove: number | undefined;
  /** Whether it is not known yet where the view begins; until then, nothing on screen was meant to be read. */
  readonly isEarly: boolean;
  readonly opening: Opening;
  readonly isLoadingOlder: boolean;
  /** Whether more messages, or those that a jump leads to, could not be fetched; `retry` tries again. */
  readonly isIncomplete: boolean;
  /** The seq to be scrolled to. Once it is on screen, call `arrived`. */
  readonly target: number | undefined;
  /** Whether the target is where the view was when the room was left. */
  readonly isReturn: boolean;
  /** The seq whose surroundings are being fetched. */
  readonly fetching: number | undefined;
  /** The seq of the message that is highlighted. */
  readonly flash: number | undefined;
}

interface Input {
  readonly held: RoomState;
  readonly visit: Visit;
  readonly isFetched: boolean;
  /** My messages for this room that are not in its log yet. */
  readonly unsent: readonly OutboxEntry[];
}

interface Laid {
  readonly log: Log;
  readonly segment: Segment;
  readonly outbox: readonly OutboxEntry[];
  readonly newAfter: number | undefined;
}

const NOTHING: readonly never[] = [];

/** Returns the function that composes the snapshots of a visit; parts that did not change are the same objects. */
export const createSnapshots = (me: string, direct: boolean, dayOf: (at: Date) => string) => {
  const layout = createLayout({ me, direct, dayOf });
  let laid: Laid | undefined;
  let rows: readonly Row[] = NOTHING;
  let failed: readonly OutboxEntry[] = NOTHING;
  const rowsOf = (now: Laid): readonly Row[] => {
    if (!laid || !isSameLaid(laid, now)) rows = layout(now);
    laid = now;
    return rows;
  };
  return ({ held, visit, isFetched, unsent }: Input): RoomSnapshot => {
    const segment = segmentOf(visit, held);
    const isLive = segment !== undefined && segment.to === held.applied;
    const target = targetOf(visit, held);
    const { jump, opening, newAfter, hasBegun } = visit;
    const isNewAbove = newAfter !== undefined && segment !== undefined && segment.from > newAfter + 1;
    const isBeginFetched = jump !== undefined && jump.kind !== "message" && target === undefined;
    const outbox = isLive ? unsent.filter(({ status }) => status !== "failed") : NOTHING;
    failed = sameItems(
      failed,
      unsent.filter(({ status }) => status === "failed"),
    );
    return {
      held,
      segment,
      isLive,
      rows: segment
        ? rowsOf({ log: held.log, segment, outbox, newAfter: isNewAbove ? undefined : newAfter })
        : NOTHING,
      viewKey: visit.viewKey,
      failed,
      newAbove: isNewAbove && opening === "loaded" ? newAfter + 1 : undefined,
      isEarly:
        isUncertain(held, isFetched) ||
        (isNewAbove && opening === "loading") ||
        (!hasBegun && opening !== "failed" && isNewFarBack(held, segment)) ||
        isBeginFetched,
      opening,
      isLoadingOlder: visit.loadingBefore !== undefined,
      isIncomplete: visit.missed !== undefined,
      target,
      isReturn: jump?.kind === "return",
      fetching: target === undefined && visit.missed === undefined ? jump?.seq : undefined,
      flash: visit.flash,
    };
  };
};

const isSameLaid = (one: Laid, other: Laid): boolean =>
  one.log === other.log &&
  one.segment === other.segment &&
  one.newAfter === other.newAfter &&
  isShallowlySame(one.outbox, other.outbox);

/** The list as before, if it has the same items. */
const sameItems = <T>(before: readonly T[], now: readonly T[]): readonly T[] =>
  isShallowlySame(before, now) ? before : now;
