import type { Messages } from "@chinwag/protocol";
import { EVENTS_MAX, MESSAGES_MAX } from "@chinwag/protocol";
import type { Api } from "../api/http.ts";
import { type Entry, isNote } from "../state/message.ts";
import type { RoomState } from "../state/model.ts";
import { fits, hasGap, liveSegment, type Stretch } from "../state/room.ts";
import type { Store } from "../state/store.ts";
import { Running } from "./running.ts";

/** Number of messages that fill the tallest window. */
const FIRST_PAGE = 50;
/** Maximum number of messages fetched to open a room at its first unread message, including some older ones. */
const FIRST_MOST = 500;
const FEW = 20;
/** Maximum number of events fetched to close a gap; with more, the log starts over at its end. */
const GAP_MOST = 2_000;

interface Dependencies {
  readonly store: Store;
  readonly api: Pick<Api, "messages" | "events">;
  /** Fetches the room's current information, after its log turned out to be another one. */
  renew(topic: string): Promise<void>;
}

type Place = { readonly before: number } | { readonly after: number } | { readonly around: number };

/** Fetches what is missing of the rooms' logs. */
export class History {
  readonly #store: Store;
  readonly #api: Dependencies["api"];
  readonly #renew: Dependencies["renew"];
  readonly #running = new Running();

  constructor({ store, api, renew }: Dependencies) {
    this.#store = store;
    this.#api = api;
    this.#renew = renew;
  }

  /** Fetches what a newly opened room shows: back to the first unread message, unless that is too far. */
  async loadFirst(topic: string): Promise<void> {
    await this.#loadEnd(topic);
    // The log may have gone on while its end was fetched.
    const held = this.#held(topic);
    if (held && held.applied > 0 && !liveSegment(held)) await this.#loadEnd(topic);
  }

  async #loadEnd(topic: string): Promise<void> {
    await this.fillGap(topic);
    const held = this.#held(topic);
    if (!held || hasFirst(held)) return;
    // Opening may be asked for by the view and by a reconnection at the same time.
    await this.#running.once(`first ${topic}`, async () => {
      const end = endToLoad(held);
      await this.#loadBack(topic, end, isNewNear(held) ? Math.max(FIRST_PAGE, toNew(held)) : FIRST_PAGE);
    });
  }

  /** Fetches the messages before `from`, the beginning of a segment. */
  loadOlder(topic: string, from: number): Promise<void> {
    if (from <= 1) return Promise.resolve();
    return this.#running.once(`older ${topic} ${from}`, () => this.#load(topic, { before: from }));
  }

  /** Fetches the messages after `to`, the end of a segment. */
  loadNewer(topic: string, to: number): Promise<void> {
    return this.#running.once(`newer ${topic} ${to}`, () => this.#load(topic, { after: to }));
  }

  /** Fetches the messages around `seq`. */
  loadAround(topic: string, seq: number): Promise<void> {
    return this.#running.once(`around ${topic} ${seq}`, () => this.#load(topic, { around: seq }));
  }

  /** Fetches the events between what is held of the room's log and its end, also those that arrive meanwhile. */
  fillGap(topic: string): Promise<void> {
    return this.#running.once(`gap ${topic}`, async () => {
      for (let held = this.#held(topic); held && hasGap(held); held = this.#held(topic)) {
        const isMore = await this.#fillSome(topic, held);
        if (!isMore) return;
      }
    });
  }

  /** Fetches the next events; false if the server has none. */
  async #fillSome(topic: string, { applied, head, log, room }: RoomState): Promise<boolean> {
    const isFar = log.segments.length === 0 || head - applied > GAP_MOST;
    const answer = isFar ? undefined : await this.#api.events(topic, { after: applied, limit: EVENTS_MAX });
    const isSame = answer === undefined || answer.epoch === room.epoch;
    if (isSame && answer?.events.length && !answer.reset) {
      this.#store.dispatch({ type: "events", topic, events: answer.events });
    } else {
      if (answer || room.last_seq < head) await this.#renew(topic);
      if (isSame) this.#store.dispatch({ type: "start_over", topic });
    }
    const now = this.#held(topic);
    return now !== undefined && (now.applied > applied || now.room.epoch !== room.epoch);
  }

  #held(topic: string): RoomState | undefined {
    return this.#store.state.rooms.get(topic);
  }

  /** Fetches `wanted` messages before `before`, page by page. */
  async #loadBack(topic: string, before: number, wanted: number): Promise<void> {
    for (let from = before, left = wanted; left > 0 && from > 1; ) {
      const page = await this.#load(topic, { before: from }, Math.min(left, MESSAGES_MAX));
      if (!page || page.from >= from) return;
      left -= page.messages.length;
      from = page.from;
    }
  }

  /** Fetches a page; again, if the response is of another log, or older than what happened meanwhile. */
  async #load(topic: string, place: Place, limit = FIRST_PAGE): Promise<Messages | undefined> {
    for (let tries = 0; tries < 3; tries += 1) {
      const page = await this.#api.messages(topic, { ...place, limit, notes: true });
      const held = this.#held(topic);
      if (!held) return undefined;
      if (page.epoch !== held.room.epoch) await this.#renew(topic);
      if (!fits(held, page)) continue;
      this.#store.dispatch({ type: "stretch", topic, ...stretchOf(page) });
      return page;
    }
    return undefined;
  }
}

/** Where what is held of the log's end begins. */
const endToLoad = (held: RoomState): number => liveSegment(held)?.from ?? held.applied + 1;

/** The number of events between what is held and what was read, and some before. */
const toNew = (held: RoomState): number => endToLoad(held) - held.room.read_seq + FEW;

const isNewNear = (held: RoomState): boolean => held.room.unread > 0 && toNew(held) <= FIRST_MOST;

/** Whether what a newly opened room shows is held: a page, back to the first unread message if that is near. */
const hasFirst = (held: RoomState): boolean => {
  const live = liveSegment(held);
  if (!live || live.from <= 1) return live !== undefined;
  const reachesNew = live.from <= held.room.read_seq + 1 || !isNewNear(held);
  return live.to - live.from >= FIRST_PAGE && reachesNew;
};

const stretchOf = ({ epoch, last_seq, from, to, messages, notes = [] }: Messages): Stretch => {
  const entries: Entry[] = [...messages, ...notes.filter(isNote)];
  return { epoch, last_seq, from, to, entries: entries.sort((a, b) => a.seq - b.seq) };
};
