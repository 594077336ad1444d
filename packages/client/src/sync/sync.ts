import type { Activity, Event, InboxNote, Person, Presence, Room } from "@chinwag/protocol";
import { PRESENCE_MEMBERS, parseTopic, TYPING_SECONDS } from "@chinwag/protocol";
import type { Api } from "../api/http.ts";
import { Refused } from "../failure.ts";
import type { Notice } from "../notice.ts";
import { hasGap, isOutdated } from "../state/room.ts";
import type { Store } from "../state/store.ts";
import { History } from "./history.ts";
import { decode, isEvent, isObject } from "./payload.ts";
import { Running } from "./running.ts";

interface Handlers {
  /** Handles an error of a background request, for example because I am signed out. */
  trouble(error: unknown): void;
  notice(notice: Notice): void;
  /** Handles an event as it arrives, before the state has it. */
  heard?(event: Event): void;
  /** Handles the server's note that a message mentions me. */
  mentioned?(note: Extract<InboxNote, { type: "mention" }>): void;
  /** Handles the result of a send, for a broker whose acknowledgements do not mean stored. */
  answered(note: Answer): void;
  /** What an earlier page left comes first: what is fetched is added to it. Never rejects. */
  readonly restored?: Promise<void>;
}

export type Answer = Extract<InboxNote, { type: "sent" | "refused" }>;

type NeededApi = Pick<Api, "rooms" | "room" | "people" | "messages" | "events">;

/** The status of a response about a room that does not exist, or that I may not see. */
const NOT_MINE: readonly number[] = [403, 404];

/** Keeps the state in step with the server: applies what arrives and fetches what is missing. */
export class Sync {
  readonly history: History;
  readonly #store: Store;
  readonly #api: NeededApi;
  readonly #handlers: Handlers;
  readonly #running = new Running();
  /** The latest event of each room that arrived before the room was known. */
  readonly #early = new Map<string, Event>();
  /**
   * Counts updates of single people and rooms, with the latest count for each: an HTTP response may be older than they
   * are.
   */
  #learnt = 0;
  readonly #learntOf = new Map<string, number>();
  #clock: ReturnType<typeof setTimeout> | undefined;

  constructor(store: Store, api: NeededApi, handlers: Handlers) {
    this.#store = store;
    this.#api = api;
    this.#handlers = handlers;
    this.history = new History({ store, api, renew: (topic) => this.fetchRoom(topic) });
  }

  stop(): void {
    clearTimeout(this.#clock);
  }

  /** Fetches my rooms, to have something to show before there is a connection. */
  loadRooms(): Promise<void> {
    return this.#running.once("rooms", this.#fetchRooms);
  }

  /** Fetches what was missed; call it after every (re)connection, once subscribed. */
  async refresh(): Promise<void> {
    await this.#running.anew("refresh", async () => {
      await Promise.all([this.#running.anew("rooms", this.#fetchRooms), this.refreshPeople()]);
      for (const event of this.#early.values()) this.#takeEvent(event);
      this.#early.clear();
    });
    await Promise.all(this.#store.state.session.get().open.map((topic) => this.history.loadFirst(topic)));
  }

  /** Handles an MQTT message. */
  take(topic: string, payload: Uint8Array): void {
    const meant = parseTopic(topic);
    const value = decode(payload);
    if (!meant) return;
    if (meant.kind === "room") {
      if (!isEvent(value)) return;
      this.#handlers.heard?.(value);
      this.#takeEvent(value);
    } else if (meant.kind === "presence") {
      const presence = isObject(value) ? (value as unknown as Presence) : undefined;
      this.#store.dispatch({ type: "presence", name: meant.name, presence });
      this.#learn(`person ${meant.name}`);
    } else if (meant.kind === "activity" && isObject(value)) {
      this.#takeActivity(meant.room, meant.name, value as unknown as Activity);
    } else if (meant.kind === "inbox" && meant.name === this.#store.state.me.name && isObject(value)) {
      this.#takeNote(value as unknown as InboxNote);
    }
  }

  /** Fetches what was published before a room was subscribed to. */
  async catchUp(topic: string): Promise<void> {
    await this.fetchRoom(topic);
    if (this.#isOpen(topic)) await this.history.loadFirst(topic);
  }

  #isOpen(topic: string): boolean {
    return this.#store.state.session.get().open.includes(topic);
  }

  /** Fetches a room that I have just joined, or that changed without an event. */
  async fetchRoom(topic: string): Promise<void> {
    await this.#running.anew(`room ${topic}`, async () => {
      try {
        const room = await this.#api.room(topic);
        if (room.member) this.enter(room);
        else this.gone(topic);
      } catch (error) {
        if (error instanceof Refused && NOT_MINE.includes(error.status)) this.gone(topic);
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

  #fetchRooms = async (): Promise<void> => {
    const began = this.#learnt;
    const [{ rooms: answer }] = await Promise.all([this.#api.rooms(), this.#handlers.restored]);
    const held = this.#store.state.rooms;
    // Of a room that was entered or left meanwhile, the response may be older than what is known.
    const isOlder = ({ topic }: Room) => this.#isOlder(`room ${topic}`, began);
    const isNewer = ({ topic, last_seq }: Room) => last_seq > (held.get(topic)?.room.last_seq ?? last_seq);
    const taken = answer.filter((room) => !isOlder(room) || isNewer(room));
    const topics = new Set(taken.map(({ topic }) => topic));
    const kept = [...held.values()].map(({ room }) => room).filter(isOlder);
    const rooms = [...taken, ...kept.filter(({ topic }) => !topics.has(topic))];
    this.#store.dispatch({ type: "rooms", rooms });
  };

  /** Fetches everybody's presence. */
  refreshPeople(): Promise<void> {
    return this.#running.anew("people", async () => {
      const began = this.#learnt;
      const { people: answer } = await this.#api.people();
      const held = this.#store.state.people;
      const people = answer.map(
        (person): Person =>
          this.#isOlder(`person ${person.name}`, began) ? (held.get(person.name) ?? person) : person,
      );
      this.#store.dispatch({ type: "people", people });
    });
  }

  #takeEvent(event: Event): void {
    const { state } = this.#store;
    const { topic } = event;
    if (event.type === "leave" && event.name === state.me.name) {
      // The room as it is held may be what I came back to.
      const isKnown = event.seq <= (state.rooms.get(topic)?.room.last_seq ?? 0);
      if (!isKnown) this.gone(topic);
      return;
    }
    if (!state.rooms.has(topic)) {
      this.#early.set(topic, event);
      if (state.session.get().ready) this.#inBackground(this.#takeEarly(topic));
      return;
    }
    this.#store.dispatch({ type: "events", topic, events: [event] });
    this.#fetchMissing(topic);
    if (event.type === "join") this.#takeJoin(event.name, state.rooms.get(topic)?.room);
  }

  /** Takes an event of a room that was not known, once it is. */
  async #takeEarly(topic: string): Promise<void> {
    await this.fetchRoom(topic);
    const event = this.#early.get(topic);
    this.#early.delete(topic);
    if (event && this.#store.state.rooms.has(topic)) this.#takeEvent(event);
  }

  /** Fetches what a room lacks, if it is behind: its log if it is on screen, else only what the list shows. */
  #fetchMissing(topic: string): void {
    const held = this.#store.state.rooms.get(topic);
    if (!held) return;
    if (this.#isOpen(topic)) {
      // If the gap is too long, the log starts over with nothing.
      if (hasGap(held)) this.#inBackground(this.history.loadFirst(topic));
    } else if (isOutdated(held)) {
      this.#inBackground(this.#updateList());
    }
  }

  /** Fetches the rooms whose entry in the list is outdated: one alone, several with all others in one request. */
  #updateList(): Promise<void> {
    return this.#running.once("outdated", async () => {
      for (let before = new Map<string, number>(); ; ) {
        // Whatever arrives in the same batch is fetched together.
        await Promise.resolve();
        const behind = this.#outdated();
        // More may have arrived while a response was on its way. A server that stays behind is not asked forever.
        if ([...behind].every(([topic, last_seq]) => before.get(topic) === last_seq)) return;
        const [first] = behind.keys();
        if (behind.size === 1 && first !== undefined) await this.fetchRoom(first);
        else await this.loadRooms();
        before = behind;
      }
    });
  }

  /** The rooms whose entry in the list is outdated, each with the last seq that it includes. */
  #outdated(): Map<string, number> {
    const rooms = [...this.#store.state.rooms.values()].filter(isOutdated).map(({ room }) => room);
    return new Map(rooms.map(({ topic, last_seq }) => [topic, last_seq]));
  }

  /**
   * Fetches presence after a join if it is unknown, or if it is now published to me, or is no longer published in the
   * room.
   */
  #takeJoin(name: string, room: Room | undefined): void {
    const { me, people } = this.#store.state;
    const known = people.get(name);
    const told = room !== undefined && room.members <= PRESENCE_MEMBERS && (name === me.name || !known?.live);
    const grown = room?.members === PRESENCE_MEMBERS + 1;
    if (!known || told || grown) this.#inBackground(this.refreshPeople());
  }

  #takeActivity(topic: string, name: string, activity: Activity): void {
    if (activity.type === "read") this.#store.dispatch({ type: "read", topic, name, seq: activity.read_seq });
    if (activity.type === "typing") this.#takeTyping(topic, name, activity.typing);
  }

  #takeTyping(topic: string, name: string, typing: boolean): void {
    const until = typing ? Date.now() + TYPING_SECONDS * 1000 : 0;
    this.#store.dispatch({ type: "typing", topic, name, until });
    if (this.#clock === undefined) this.#tick();
  }

  /** Ends "typing" of those who stopped without a notice; runs as long as anybody is typing. */
  #tick = (): void => {
    this.#store.dispatch({ type: "clock", now: Date.now() });
    const anybody = this.#store.state.typing.size > 0;
    this.#clock = anybody ? setTimeout(this.#tick, 1000) : undefined;
  };

  #takeNote(note: InboxNote): void {
    if (note.type === "invited") {
      this.#inBackground(this.#takeInvitation(note.topic, note.by));
    } else if (note.type === "removed") {
      const room = this.#store.state.rooms.get(note.topic)?.room.title ?? note.topic;
      this.gone(note.topic);
      // I did this on another device, so there is no notice.
      if (note.by !== this.#store.state.me.name)
        this.#handlers.notice({ type: "removed", by: note.by, room });
    } else if (note.type === "unread" && isObject(note.rooms)) {
      for (const [topic, { read_seq, unread }] of Object.entries(note.rooms))
        this.#store.dispatch({ type: "unread", topic, read_seq, unread });
    } else if (note.type === "heads" && isObject(note.rooms)) {
      for (const [topic, seq] of Object.entries(note.rooms)) this.#takeHead(topic, seq);
    } else if (note.type === "mention") {
      this.#handlers.mentioned?.(note);
    } else if (note.type === "sent" || note.type === "refused") {
      this.#handlers.answered(note);
    }
  }

  /** A direct conversation tells by its messages, not by having begun. */
  async #takeInvitation(topic: string, by: string): Promise<void> {
    await this.catchUp(topic);
    const room = this.#store.state.rooms.get(topic)?.room;
    if (room && !room.direct) this.#handlers.notice({ type: "invited", by, room: room.title });
  }

  /** Handles the latest seq of a room's log, and fetches what is missing. */
  #takeHead(topic: string, seq: number): void {
    const { rooms, session } = this.#store.state;
    if (!session.get().ready || !Number.isSafeInteger(seq)) return;
    if (!rooms.has(topic)) {
      this.#inBackground(this.fetchRoom(topic));
      return;
    }
    this.#store.dispatch({ type: "head", topic, seq });
    this.#fetchMissing(topic);
  }

  #inBackground(work: Promise<void>): void {
    work.catch(this.#handlers.trouble);
  }
}
