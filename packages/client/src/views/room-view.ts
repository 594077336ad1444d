import type { Chat } from "../chat.ts";
import { waitingIn } from "../state/outbox.ts";
import { isTooLarge } from "../state/room.ts";
import { createFetching, type FetchingChat, type VisitHolder } from "./room-fetching.ts";
import { createSnapshots, type RoomSnapshot } from "./room-snapshot.ts";
import { derived, isShallowlySame, type View } from "./view.ts";
import { beginVisit, goOn, type Visit } from "./visit.ts";

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
  /** Fetches the messages before those that are shown. After a failure, only `retry` or another connection tries again. */
  loadOlder(): Promise<void>;
  /** Fetches the messages after those that are shown. */
  loadNewer(): Promise<void>;
  /** Tries again to fetch what could not be fetched. */
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
export type RoomViewChat = FetchingChat & Pick<Chat, "places" | "read" | "watch" | "trim">;

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
  const holder: VisitHolder = { now: () => visit, change };
  const { goOn: fetch, stop: stopFetching, shown, ...fetching } = createFetching(chat, topic, holder);

  const view = derived(
    (listener) => {
      const changed = () => {
        listener();
        fetch();
      };
      tell = changed;
      const stop = [rooms.subscribe(topic, changed), outbox.subscribe(changed), session.subscribe(changed)];
      changed();
      return () => {
        for (const each of stop) each();
        tell = undefined;
        stopFetching();
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
  return { ...view, ...fetching, ...actions(chat, topic, holder, () => shown()?.isLive ?? false) };
};

const actions = (chat: RoomViewChat, topic: string, { now, change }: VisitHolder, isLive: () => boolean) => {
  const { rooms } = chat.store.state;
  let flashing: ReturnType<typeof setTimeout> | undefined;
  /** Where the window was when the log was trimmed. */
  let trimmedAt: number | undefined;
  return {
    setLooking: (isLooking: boolean): void => change({ isLooking }),
    jumpTo: (seq: number): void =>
      change({ hasBegun: true, missed: undefined, jump: { seq, kind: "message" } }),
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
      const viewKey = isLive() ? visit.viewKey : visit.viewKey + 1;
      change({ hasBegun: true, missed: undefined, jump: undefined, place: "end", viewKey });
    },
    stay: (): void => {
      const missed = now()?.missed;
      change(
        typeof missed === "number"
          ? { hasBegun: true, jump: undefined, missed: undefined }
          : { hasBegun: true },
      );
    },
    clearLine: (): void => change({ newAfter: undefined }),
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
