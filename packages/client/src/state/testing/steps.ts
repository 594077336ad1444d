import type { Event } from "@chinwag/protocol";
import fc from "fast-check";
import { fromStored, toStoredLog, toStoredRoom } from "../../cache/stored-room.ts";
import { hasGap } from "../room.ts";
import type { Store } from "../store.ts";
import { ME, newStore, TOPIC } from "./events.ts";
import type { Place } from "./pages.ts";
import type { Server } from "./server.ts";

const PEOPLE = [ME, "bo", "cyd"];
const CHANGES = ["edit", "delete", "answer", "👍", "🎉"] as const;

const place = fc.constantFrom("before", "after", "around");
/** A seq, most often one that exists. */
const at = fc.nat(120);
/** The place in a log, from its end. */
const back = fc.nat(40);
const who = fc.constantFrom(...PEOPLE);
const lost = fc.boolean();
const few = fc.integer({ min: 1, max: 9 });

const one = <K extends string, M extends object>(step: K, model: { [P in keyof M]: fc.Arbitrary<M[P]> }) =>
  fc.record({ step: fc.constant(step), ...model }) as unknown as fc.Arbitrary<{ step: K } & M>;

/** Everything that can happen to a room and to what the client holds of it. */
export const anyStep = fc.oneof(
  { weight: 8, arbitrary: one("say", { who, lost, count: few }) },
  {
    weight: 3,
    arbitrary: one("note", { who, lost, type: fc.constantFrom("join", "leave", "room", "applause") }),
  },
  { weight: 8, arbitrary: one("change", { what: fc.constantFrom(...CHANGES), back, who, lost }) },
  { weight: 2, arbitrary: one("repeat", { at }) },
  { weight: 2, arbitrary: one("backfill", { limit: few }) },
  { weight: 6, arbitrary: one("page", { place, back, limit: few, lag: fc.nat(12) }) },
  { weight: 1, arbitrary: one("page of another log", { place, back }) },
  { weight: 2, arbitrary: one("rooms", { lag: fc.nat(6) }) },
  { weight: 2, arbitrary: one("head", { back: fc.nat(3) }) },
  { weight: 1, arbitrary: one("start over", {}) },
  { weight: 2, arbitrary: one("open or close", {}) },
  { weight: 2, arbitrary: one("trim", { back, side: fc.constantFrom("older", "newer") }) },
  { weight: 2, arbitrary: one("read", { back }) },
  { weight: 2, arbitrary: one("read elsewhere", { back, heard: fc.boolean() }) },
  { weight: 1, arbitrary: one("leave and join", {}) },
  { weight: 2, arbitrary: one("another page", { late: fc.boolean() }) },
  { weight: 1, arbitrary: one("rewind", { back, lag: fc.nat(3) }) },
);

export type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

export const hear = (store: Store, ...events: Event[]): void =>
  store.dispatch({ type: "events", topic: TOPIC, events });

export const heldOf = (store: Store) => {
  const held = store.state.rooms.get(TOPIC);
  if (!held) throw new Error("the room is not held");
  return held;
};

/** Fetches the room as the sync does. */
export const refresh = (store: Store, server: Server, lag = 0): void =>
  store.dispatch({ type: "rooms", rooms: [server.room(lag)] });

/** A client that has just fetched its rooms and opened this one. */
export const freshStore = (server: Server): Store => {
  const store = newStore();
  refresh(store, server);
  store.dispatch({ type: "open", topic: TOPIC });
  return store;
};

/** Fills a gap as the client does: fetches the log after what it has, page by page. */
export const backfill = (store: Store, server: Server, limit: number): void => {
  while (hasGap(heldOf(store))) hear(store, ...server.events(heldOf(store).applied, limit));
};

/** Fetches a page. */
export const load = (store: Store, server: Server, where: Place, limit: number, at?: number): void =>
  store.dispatch({ type: "stretch", topic: TOPIC, ...server.stretch(where, limit, at) });

const placed = (kind: "before" | "after" | "around", seq: number): Place =>
  kind === "before" ? { before: seq } : kind === "after" ? { after: seq } : { around: seq };

/** Performs a step; returns the events that people caused. */
export const perform = (store: Store, server: Server, step: Step): readonly Event[] => {
  const events = publish(server, step);
  if ("lost" in step && !step.lost) hear(store, ...events);
  if (!("lost" in step)) act(store, server, step);
  return events;
};

/** What people do. */
const publish = (server: Server, step: Step): Event[] => {
  if (step.step === "say") return Array.from({ length: step.count }, () => server.say(step.who));
  if (step.step === "note") return [server.note(step.type, step.who)];
  if (step.step !== "change") return [];
  const present = server.present();
  const target = present[Math.max(0, present.length - 1 - step.back)]?.seq;
  if (target === undefined || step.what === "answer") return [server.say(step.who, target)];
  if (step.what === "edit") return [server.edit(target, `text ${server.last_seq}`)];
  if (step.what === "delete") return [server.delete(target, step.who)];
  return [server.react(target, step.who, step.what)];
};

type Act = Exclude<Step, { lost: boolean }>;

/** What the client does, and what it is told. */
const act = (store: Store, server: Server, step: Act): void => {
  const ago = "back" in step ? Math.max(0, server.last_seq - step.back) : 0;
  const acts: { [A in Act["step"]]: (step: Extract<Act, { step: A }>) => void } = {
    repeat: ({ at }) => hear(store, ...server.published.slice(at, at + 1)),
    backfill: ({ limit }) => backfill(store, server, limit),
    page: ({ place, limit, lag }) =>
      load(store, server, placed(place, ago), limit, server.moment(lag).last_seq),
    "page of another log": ({ place }) => {
      const page = server.stretch(placed(place, ago), 9);
      store.dispatch({ type: "stretch", topic: TOPIC, ...page, epoch: "another" });
    },
    rooms: ({ lag }) => refresh(store, server, lag),
    head: () => store.dispatch({ type: "head", topic: TOPIC, seq: ago }),
    "start over": () => store.dispatch({ type: "start_over", topic: TOPIC }),
    "open or close": () => {
      const { open } = store.state.session.get();
      store.dispatch({ type: open.includes(TOPIC) ? "close" : "open", topic: TOPIC });
    },
    trim: ({ side }) => store.dispatch({ type: "trim", topic: TOPIC, around: ago, side }),
    read: () => {
      const seq = Math.min(ago, heldOf(store).applied);
      server.read(seq);
      store.dispatch({ type: "read", topic: TOPIC, name: ME, seq });
    },
    "read elsewhere": ({ heard }) => {
      server.read(ago);
      if (heard) hearUnread(store, server);
    },
    "leave and join": () => {
      store.dispatch({ type: "gone", topic: TOPIC });
      store.dispatch({ type: "room", room: server.room() });
    },
    "another page": ({ late }) => reload(store, late),
    rewind: ({ lag }) => rewind(store, server, ago, lag),
  };
  (acts[step.step] as (step: Act) => void)(step);
};

/** Another page begins with what this one has stored; `late`: the log is read later than the room. */
const reload = (store: Store, late: boolean): void => {
  const held = heldOf(store);
  const room = toStoredRoom(held, undefined);
  const log = toStoredLog(held);
  const { session } = store.state;
  store.dispatch({ type: "gone", topic: TOPIC });
  session.set({ ...session.get(), ready: false });
  if (late) store.dispatch({ type: "restored", rooms: [fromStored(room, undefined)] });
  store.dispatch({ type: "restored", rooms: [fromStored(room, log)] });
  session.set({ ...session.get(), ready: true });
};

const hearUnread = (store: Store, server: Server): void => {
  const { read_seq, unread } = server.room();
  store.dispatch({ type: "unread", topic: TOPIC, read_seq, unread });
};

/** A backup is restored; a page of the old log was still on its way. */
const rewind = (store: Store, server: Server, last_seq: number, lag: number): void => {
  const late = server.stretch({ around: last_seq }, 9, server.moment(lag).last_seq);
  server.rewind(last_seq);
  refresh(store, server);
  store.dispatch({ type: "stretch", topic: TOPIC, ...late });
};
