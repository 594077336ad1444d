import type { Chat } from "../chat.ts";
import type { Segment } from "../state/log.ts";
import { waitingIn } from "../state/outbox.ts";
import { isTooLarge } from "../state/room.ts";
import { createSnapshots, type RoomSnapshot } from "./room-snapshot.ts";
import { derived, isShallowlySame, type View } from "./view.ts";
import { beginVisit, goOn, type Jump, segmentOf, targetOf, type Visit } from "./visit.ts";

/** Milliseconds for which the message that a jump led to is highlighted. */
const FLASH = 1_800;

/**
 * A room on screen. It is open as long as somebody subscribes, and what it lacks is fetched. The snapshot of a room that I
 * am not in is undefined.
 */
export interface RoomView extends View<RoomSnapshot | undefined> {
  /** Whether somebody looks at the room: what arrives meanwhile needs no line. */
  setLooking(isLooking: boolean): void;
  /** Leads to the message with this seq: what is around it is fetched if it is not held. */
  jumpTo(seq: number): void;
  /** The target is on screen. */
  arrived(): void;
  /** Leads to the newest messages. */
  toEnd(): void;
  /** Leaves the view where it is: somebody reads on before it is known where to begin. */
  stay(): void;
  /** Removes the "new messages" line, after a message was sent. */
  clearLine(): void;
  /** Fetches the messages before those that are shown. */
  loadOlder(): void;
  /** Fetches the messages after those that are shown. */
  loadNewer(): void;
  /** Tries again to fetch what the room shows. */
  retry(): void;
  /** Counts everything up to this seq as read. */
  read(seq: number): void;
  /** Counts what arrives as read at once, while `isInSight`; returns the function that ends it. */
  watch(isInSight: () => boolean): () => void;
  /** Drops what is far from the window, if too much is held. `top` is the seq at its top. */
  trim(top: number | "end"): void;
  /** Remembers the place for the next visit; at the end there is nothing to remember. */
  leaveAt(top: number | "end" | undefined): void;
}

/** What the view uses of a {@link Chat}. */
export type RoomViewChat = Pick<
  Chat,
  "store" | "places" | "open" | "close" | "loadOlder" | "loadNewer" | "loadAround" | "read" | "watch" | "trim"
>;

/** `dayOf` returns the day of a time in the reader's time zone. */
export const roomView = (chat: RoomViewChat, topic: string, dayOf: (at: Date) => string): RoomView => {
  const { rooms, outbox, session, me } = chat.store.state;
  let visit: Visit | undefined;
  let compose: ReturnType<typeof createSnapshots>;
  /** Goes on after a change, while somebody subscribes. */
  let tell: (() => void) | undefined;

  const change = (part: Partial<Visit>): void => {
    if (!visit) return;
    visit = { ...visit, ...part };
    tell?.();
  };
  const fetching = createFetching(chat, topic, () => visit, change);

  const view = derived(
    (listener) => {
      const changed = () => {
        listener();
        fetching.goOn();
      };
      tell = changed;
      const stop = [rooms.subscribe(topic, changed), outbox.subscribe(changed), session.subscribe(changed)];
      changed();
      return () => {
        for (const each of stop) each();
        tell = undefined;
        fetching.stop();
      };
    },
    (): RoomSnapshot | undefined => {
      const held = rooms.get(topic);
      if (!held) {
        visit = undefined;
        return undefined;
      }
      const isFetched = session.get().ready;
      if (!visit) {
        visit = beginVisit(held, isFetched, chat.places.get(topic));
        compose = createSnapshots(me.name, held.room.direct, dayOf);
      }
      visit = goOn(visit, held, isFetched);
      return compose({ held, visit, isFetched, unsent: waitingIn(outbox.get(), topic) });
    },
    isShallowlySame,
  );
  return { ...view, ...actions(chat, topic, () => visit, change), retry: fetching.retry };
};

type Change = (part: Partial<Visit>) => void;

/** Keeps the room open, and fetches what a jump leads to. */
const createFetching = (chat: RoomViewChat, topic: string, now: () => Visit | undefined, change: Change) => {
  const { rooms } = chat.store.state;
  let opened: object | undefined;
  let fetched: Jump | undefined;

  const open = (): void => {
    const mine = {};
    opened = mine;
    change({ opening: "loading" });
    void chat
      .open(topic)
      .then((loaded) => opened === mine && change({ opening: loaded ? "loaded" : "failed" }));
  };
  const stop = (): void => {
    if (!opened) return;
    opened = undefined;
    chat.close(topic);
  };
  const fetchTarget = (visit: Visit): void => {
    const { jump } = visit;
    const held = rooms.get(topic);
    if (!jump || jump === fetched || !held || targetOf(visit, held) !== undefined) return;
    fetched = jump;
    void chat.loadAround(topic, jump.seq).then(() => {
      const [later, found] = [now(), rooms.get(topic)];
      // It could not be fetched, or no longer exists.
      if (later?.jump === jump && found && targetOf(later, found) === undefined) change({ jump: undefined });
    });
  };
  return {
    goOn: (): void => {
      const visit = now();
      if (visit && !opened) open();
      if (visit) fetchTarget(visit);
      else stop();
    },
    retry: (): void => {
      stop();
      open();
    },
    stop,
  };
};

const actions = (chat: RoomViewChat, topic: string, now: () => Visit | undefined, change: Change) => {
  const { rooms } = chat.store.state;
  let flashing: ReturnType<typeof setTimeout> | undefined;
  /** Where the window was when the log was trimmed. */
  let trimmedAt: number | undefined;

  /** The segment that is shown, and whether it reaches the newest event. */
  const shown = (): (Segment & { isLive: boolean }) | undefined => {
    const [visit, held] = [now(), rooms.get(topic)];
    const segment = visit && held && segmentOf(visit, held);
    return segment && { ...segment, isLive: segment.to === held.applied };
  };
  return {
    setLooking: (isLooking: boolean): void => change({ isLooking }),
    jumpTo: (seq: number): void => change({ hasBegun: true, jump: { seq, kind: "message" } }),
    arrived: (): void => {
      const [jump, flash] = [now()?.jump, now()?.flash];
      const isAsked = jump?.kind === "message";
      change({ jump: undefined, flash: isAsked ? jump.seq : flash });
      if (!isAsked) return;
      clearTimeout(flashing);
      flashing = setTimeout(() => change({ flash: undefined }), FLASH);
    },
    toEnd: (): void => {
      const visit = now();
      if (!visit) return;
      const isLive = shown()?.isLive ?? false;
      const viewKey = isLive ? visit.viewKey : visit.viewKey + 1;
      change({ hasBegun: true, jump: undefined, place: "end", viewKey });
    },
    stay: (): void => change({ hasBegun: true }),
    clearLine: (): void => change({ newAfter: undefined }),
    loadOlder: (): void => {
      const from = shown()?.from ?? 1;
      if (from <= 1 || now()?.loadingBefore === from) return;
      change({ loadingBefore: from });
      void chat.loadOlder(topic, from).then(() => {
        if (now()?.loadingBefore === from) change({ loadingBefore: undefined });
      });
    },
    loadNewer: (): void => {
      const here = shown();
      if (here && !here.isLive) void chat.loadNewer(topic, here.to);
    },
    read: (seq: number): void => chat.read(topic, seq),
    watch: (isInSight: () => boolean): (() => void) => chat.watch(topic, isInSight),
    trim: (top: number | "end"): void => {
      const held = rooms.get(topic);
      if (!held || !isTooLarge(held.log)) return;
      const around = top === "end" ? held.applied : top;
      const isUp = around < (trimmedAt ?? held.applied);
      trimmedAt = around;
      if (top !== "end") change({ place: top });
      chat.trim(topic, around, isUp ? "newer" : "older");
    },
    leaveAt: (top: number | "end" | undefined): void => {
      if (typeof top === "number") chat.places.set(topic, top);
      else chat.places.delete(topic);
    },
  };
};
