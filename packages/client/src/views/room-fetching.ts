import type { Chat } from "../chat.ts";
import { type Jump, segmentOf, targetOf, type Visit } from "./visit.ts";

/** What the fetching uses of a {@link Chat}. */
export type FetchingChat = Pick<Chat, "store" | "open" | "close" | "loadOlder" | "loadNewer" | "loadAround">;

/** The visit of a room, and how to change it. */
export interface VisitHolder {
  now(): Visit | undefined;
  change(part: Partial<Visit>): void;
}

/** Keeps the room of a visit open, and fetches what a jump leads to and what is before and after. */
export const createFetching = (chat: FetchingChat, topic: string, { now, change }: VisitHolder) => {
  const { rooms, session } = chat.store.state;
  let opened: object | undefined;
  let fetched: Jump | undefined;
  let wasLive = false;

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

  const fetchTarget = async (visit: Visit): Promise<void> => {
    const { jump } = visit;
    const held = rooms.get(topic);
    if (!jump || jump === fetched || !held || targetOf(visit, held) !== undefined) return;
    fetched = jump;
    const isLoaded = await chat.loadAround(topic, jump.seq);
    const [later, found] = [now(), rooms.get(topic)];
    if (later?.jump !== jump || !found || targetOf(later, found) !== undefined) return;
    // Where the visit begins is still to be found, but nobody is led to a message later than they asked for it.
    const isAwaited = !isLoaded && jump.kind !== "message";
    change({ jump: isAwaited ? jump : undefined, missed: isLoaded ? undefined : jump.seq });
  };

  /** The segment that is shown, and whether it reaches the newest event. */
  const shown = () => {
    const [visit, held] = [now(), rooms.get(topic)];
    const segment = visit && held && segmentOf(visit, held);
    return segment && { ...segment, isLive: segment.to === held.applied };
  };
  const loadOlder = async (): Promise<void> => {
    const from = shown()?.from ?? 1;
    if (from <= 1 || now()?.missed === "older") return;
    change({ loadingBefore: from });
    const isLoaded = await chat.loadOlder(topic, from);
    if (now()?.loadingBefore !== from) return;
    change({ loadingBefore: undefined, ...(isLoaded ? {} : { missed: "older" }) });
  };
  const loadNewer = async (): Promise<void> => {
    const here = shown();
    if (!here || here.isLive || now()?.missed === "newer") return;
    if (!(await chat.loadNewer(topic, here.to))) change({ missed: "newer" });
  };

  const retry = (): void => {
    const { missed, jump, opening } = now() ?? {};
    change({ missed: undefined });
    if (missed === "older") void loadOlder();
    else if (missed === "newer") void loadNewer();
    else if (missed !== undefined) change({ jump: jump ? { ...jump } : { seq: missed, kind: "message" } });
    else if (opening === "failed") {
      stop();
      open();
    }
  };

  const goOn = (): void => {
    const visit = now();
    const isLive = session.get().connection === "live";
    const isLiveAgain = isLive && !wasLive;
    wasLive = isLive;
    if (!visit) {
      stop();
      return;
    }
    if (!opened) open();
    void fetchTarget(visit);
    if (!isLiveAgain || visit.missed === undefined) return;
    if (typeof visit.missed === "number" && !visit.jump) change({ missed: undefined });
    else retry();
  };
  return { goOn, stop, shown, loadOlder, loadNewer, retry };
};
