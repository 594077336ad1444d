import type { Activity, Event, InboxNote, Message, Person, Presence, Room } from "@chinwag/protocol";
import { EVENTS_MAX, MESSAGES_MAX, PRESENCE_MEMBERS, parseTopic, TYPING_SECONDS } from "@chinwag/protocol";
import type { Api } from "../api/http.ts";
import { Refused } from "../failure.ts";
import type { Notice } from "../notice.ts";
import { type Entry, isChange } from "../state/message.ts";
import type { State } from "../state/model.ts";
import type { Action } from "../state/reducer.ts";
import { hasGap } from "../state/room.ts";
import type { Store } from "../state/store.ts";
import { decode, isEvent, isObject } from "./payload.ts";

interface Handlers {
  /** Handles an error of a background request, for example because I am signed out. */
  trouble(error: unknown): void;
  notice(notice: Notice): void;
  /** Handles the result of a send, for a broker whose acknowledgements do not mean stored. */
  answered(note: Answer): void;
}

export type Answer = Extract<InboxNote, { type: "sent" | "refused" }>;

type NeededApi = Pick<Api, "rooms" | "room" | "people" | "messages" | "events">;

/** Number of messages that fill the tallest window. */
const FIRST_PAGE = 50;
/** Maximum number of messages fetched to open a room at its first unread message, including some older ones. */
const FIRST_MOST = 500;
const FEW = 20;

/** Keeps the state in step with the server: applies what arrives and fetches what is missing. */
export class Sync {
  readonly #store: Store<State, Action>;
  readonly #api: NeededApi;
  readonly #handlers: Handlers;
  readonly #running = new Map<string, Promise<void>>();
  /** The latest event of each room that arrived before the room was known. */
  readonly #early = new Map<string, Event>();
  /**
   * Counts updates of single people and rooms, with the latest count for each: an HTTP response may be older than they
   * are.
   */
  #learnt = 0;
  readonly #learntOf = new Map<string, number>();
  #clock: ReturnType<typeof setTimeout> | undefined;

  constructor(store: Store<State, Action>, api: NeededApi, handlers: Handlers) {
    this.#store = store;
    this.#api = api;
    this.#handlers = handlers;
  }

  stop(): void {
    clearTimeout(this.#clock);
  }

  /** Fetches what was missed; call it after every (re)connection, once subscribed. */
  async refresh(): Promise<void> {
    const began = this.#learnt;
    const [{ rooms }, { people }] = await Promise.all([this.#api.rooms(), this.#api.people()]);
    this.#takeRooms(rooms, began);
    this.#takePeople(people, began);
    for (const event of this.#early.values()) this.#takeEvent(event);
    this.#early.clear();
    const { open } = this.#store.get();
    if (open === undefined) return;
    await this.#fillGap(open);
    await this.loadFirst(open);
  }

  /** Fetches what a newly opened room shows: back to the first unread message, unless that is too far. */
  async loadFirst(topic: string): Promise<void> {
    const held = this.#store.get().rooms[topic];
    if (held && held.events.length < FIRST_PAGE) await this.loadOlder(topic);
  }

  /** Fetches `page` older messages before those held; the first time, back to the first unread message. */
  loadOlder(topic: string, page = FIRST_PAGE): Promise<void> {
    return this.#once(`older ${topic}`, async () => {
      const held = this.#store.get().rooms[topic];
      if (!held || held.from <= 1) return;
      const before = held.from;
      // Both the timeline and whoever opens the room may ask first, so both get this much.
      const isFirst = held.events.length < FIRST_PAGE && held.room.unread > 0;
      const toNew = before - held.room.read_seq + FEW;
      const wanted = isFirst && toNew <= FIRST_MOST ? Math.max(page, toNew) : page;
      const { messages, ...found } = await this.#pages(topic, before, wanted);
      const quiet = await this.#quietLines(topic, found.from, before, messages);
      this.#store.dispatch({ type: "older", topic, before, ...found, events: [...quiet, ...messages] });
    });
  }

  /** Fetches `wanted` messages before `before` in several requests; `from` is the first seq without gaps. */
  async #pages(topic: string, before: number, wanted: number) {
    let messages: Message[] = [];
    let last_seq: number | undefined;
    for (let from = before; ; ) {
      const limit = Math.min(wanted - messages.length, MESSAGES_MAX);
      const page = await this.#api.messages(topic, { before: from, limit });
      messages = [...page.messages, ...messages];
      // The first page is the oldest response, so it may lack the most changes.
      last_seq ??= page.last_seq;
      from = page.messages.length < limit ? 1 : (page.messages[0]?.seq ?? 1);
      if (from <= 1 || messages.length >= wanted) return { messages, from, last_seq, epoch: page.epoch };
    }
  }

  /** Fetches joins and leaves, which fill the gaps between the seqs of messages. */
  async #quietLines(
    topic: string,
    from: number,
    before: number,
    messages: readonly Message[],
  ): Promise<Entry[]> {
    if (before - from <= messages.length) return [];
    const after = Math.max(from - 1, before - 1 - EVENTS_MAX);
    const answer = await this.#api.events(topic, { after, limit: EVENTS_MAX });
    if (answer.reset) return [];
    return answer.events.filter(isQuiet).filter((event) => event.seq < before);
  }

  /** Handles an MQTT message. */
  take(topic: string, payload: Uint8Array): void {
    const meant = parseTopic(topic);
    const value = decode(payload);
    if (!meant) return;
    if (meant.kind === "room") {
      if (isEvent(value)) this.#takeEvent(value);
    } else if (meant.kind === "presence") {
      const presence = isObject(value) ? (value as unknown as Presence) : undefined;
      this.#store.dispatch({ type: "presence", name: meant.name, presence });
      this.#learn(`person ${meant.name}`);
    } else if (meant.kind === "activity" && isObject(value)) {
      this.#takeActivity(meant.room, meant.name, value as unknown as Activity);
    } else if (meant.kind === "inbox" && meant.name === this.#store.get().me.name && isObject(value)) {
      this.#takeNote(value as unknown as InboxNote);
    }
  }

  /** Fetches what was published before a room was subscribed to. */
  async catchUp(topic: string): Promise<void> {
    await this.fetchRoom(topic);
    await this.#fillGap(topic);
    if (this.#store.get().open === topic) await this.loadFirst(topic);
  }

  /** Fetches a room that I have just joined, or that changed without an event. */
  async fetchRoom(topic: string): Promise<void> {
    await this.#once(`room ${topic}`, async () => {
      try {
        const room = await this.#api.room(topic);
        if (room.member) this.enter(room);
        else this.gone(topic);
      } catch (error) {
        if (error instanceof Refused && (error.status === 403 || error.status === 404)) this.gone(topic);
        else throw error;
      }
    });
  }

  /** Adds or updates a room that I am a member of. */
  enter(room: Room): void {
    this.#store.dispatch({ type: "room", room });
    this.#learn(`room ${room.topic}`);
  }

  /** Removes a room that I am no longer a member of. */
  gone(topic: string): void {
    this.#store.dispatch({ type: "gone", topic });
    this.#learn(`room ${topic}`);
  }

  #learn(what: string): void {
    this.#learnt += 1;
    this.#learntOf.set(what, this.#learnt);
  }

  #isOlder(what: string, began: number): boolean {
    return (this.#learntOf.get(what) ?? 0) > began;
  }

  /** Applies the response with my rooms to a request begun at `began`. */
  #takeRooms(answer: readonly Room[], began: number): void {
    const isOlder = ({ topic }: Room) => this.#isOlder(`room ${topic}`, began);
    const held = Object.values(this.#store.get().rooms).map(({ room }) => room);
    const rooms = [...answer.filter((room) => !isOlder(room)), ...held.filter(isOlder)];
    this.#store.dispatch({ type: "rooms", rooms });
  }

  #takePeople(answer: readonly Person[], began: number): void {
    const held = this.#store.get().people;
    const people = answer.map((person) =>
      this.#isOlder(`person ${person.name}`, began) ? (held[person.name] ?? person) : person,
    );
    this.#store.dispatch({ type: "people", people });
  }

  #takeEvent(event: Event): void {
    const { rooms, ready, me } = this.#store.get();
    const { topic } = event;
    if (event.type === "leave" && event.name === me.name) {
      this.gone(topic);
      return;
    }
    if (!rooms[topic]) {
      this.#early.set(topic, event);
      if (ready) this.#inBackground(this.fetchRoom(topic).then(() => this.#retake(topic)));
      return;
    }
    this.#store.dispatch({ type: "events", topic, events: [event] });
    const held = this.#store.get().rooms[topic];
    if (held && hasGap(held)) this.#inBackground(this.#fillGap(topic));
    if (event.type === "join") this.#takeJoin(event.name, this.#store.get().rooms[topic]?.room);
  }

  #retake(topic: string): void {
    const event = this.#early.get(topic);
    this.#early.delete(topic);
    if (event && this.#store.get().rooms[topic]) this.#takeEvent(event);
  }

  /**
   * Fetches presence after a join if it is unknown, or if it is now published to me, or is no longer published in the
   * room.
   */
  #takeJoin(name: string, room: Room | undefined): void {
    const { me, people } = this.#store.get();
    const known = people[name];
    const told = room !== undefined && room.members <= PRESENCE_MEMBERS && (name === me.name || !known?.live);
    const grown = room?.members === PRESENCE_MEMBERS + 1;
    if (!known || told || grown) this.#inBackground(this.refreshPeople());
  }

  /** Fetches everybody's presence. */
  refreshPeople(): Promise<void> {
    return this.#once("people", async () => {
      const began = this.#learnt;
      const { people } = await this.#api.people();
      this.#takePeople(people, began);
    });
  }

  #fillGap(topic: string): Promise<void> {
    return this.#once(`gap ${topic}`, async () => {
      for (
        let held = this.#store.get().rooms[topic];
        held && hasGap(held);
        held = this.#store.get().rooms[topic]
      ) {
        if (this.#store.get().open !== topic) return this.#reset(topic);
        const answer = await this.#api.events(topic, { after: held.room.last_seq, limit: EVENTS_MAX });
        const useless = answer.reset || answer.epoch !== held.room.epoch || answer.events.length === 0;
        if (useless) return this.#reset(topic);
        this.#store.dispatch({ type: "events", topic, events: answer.events });
      }
    });
  }

  /** Discards what is held of the room and fetches it again. */
  async #reset(topic: string): Promise<void> {
    const room: Room = await this.#api.room(topic);
    if (!room.member) return this.gone(topic);
    this.#store.dispatch({ type: "reset", room });
    if (this.#store.get().open === topic) await this.loadFirst(topic);
  }

  #takeActivity(topic: string, name: string, activity: Activity): void {
    if (activity.type === "read") this.#store.dispatch({ type: "read", topic, name, seq: activity.read_seq });
    if (activity.type === "typing") this.#takeTyping(topic, name, activity.typing);
  }

  #takeTyping(topic: string, name: string, typing: boolean): void {
    const until = typing ? Date.now() + TYPING_SECONDS * 1000 : 0;
    this.#store.dispatch({ type: "typing", topic, name, until });
    clearTimeout(this.#clock);
    this.#clock = setTimeout(this.#tick, TYPING_SECONDS * 1000);
  }

  #tick = (): void => {
    this.#store.dispatch({ type: "clock", now: Date.now() });
    if (Object.keys(this.#store.get().typing).length > 0) this.#clock = setTimeout(this.#tick, 1000);
  };

  #takeNote(note: InboxNote): void {
    if (note.type === "invited") {
      this.#inBackground(this.catchUp(note.topic));
      this.#handlers.notice({ type: "invited", by: note.by, room: note.topic });
    } else if (note.type === "removed") {
      this.gone(note.topic);
      // I did this on another device, so there is no notice.
      if (note.by !== this.#store.get().me.name)
        this.#handlers.notice({ type: "removed", by: note.by, room: note.topic });
    } else if (note.type === "unread") {
      for (const [topic, unread] of Object.entries(note.rooms))
        this.#store.dispatch({ type: "unread", topic, ...unread });
    } else if (note.type === "heads") {
      for (const [topic, seq] of Object.entries(note.rooms)) this.#takeHead(topic, seq);
    } else if (note.type === "sent" || note.type === "refused") {
      this.#handlers.answered(note);
    }
  }

  /** Handles the latest seq of a room's log, and fetches what is missing. */
  #takeHead(topic: string, seq: number): void {
    const { rooms, ready } = this.#store.get();
    if (!ready || !Number.isSafeInteger(seq)) return;
    if (!rooms[topic]) {
      this.#inBackground(this.fetchRoom(topic));
      return;
    }
    this.#store.dispatch({ type: "head", topic, seq });
    const held = this.#store.get().rooms[topic];
    if (held && hasGap(held)) this.#inBackground(this.#fillGap(topic));
  }

  /** Runs `work` unless the same work is already in progress. */
  #once(key: string, work: () => Promise<void>): Promise<void> {
    const running = this.#running.get(key);
    if (running) return running;
    const started = work().finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }

  #inBackground(work: Promise<void>): void {
    work.catch(this.#handlers.trouble);
  }
}

/** Whether the event is neither a message nor a change of one; those are fetched in their current state. */
const isQuiet = (event: Event): event is Exclude<Entry, Message> =>
  event.type !== "message" && !isChange(event);
