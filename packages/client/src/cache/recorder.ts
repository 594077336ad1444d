import type { Person } from "@chinwag/protocol";
import type { Ports } from "../ports.ts";
import { CACHED_LOGS } from "../state/limits.ts";
import type { Draft, RoomState } from "../state/model.ts";
import type { Store } from "../state/store.ts";
import type { CacheChanges, CacheStorage, StoredDraft, StoredLog } from "./cache-storage.ts";
import { fromStored, toStoredLog, toStoredRoom } from "./stored-room.ts";

interface Parts extends Pick<Ports, "onHidden"> {
  readonly store: Store;
  /** Once it is open. */
  readonly storage: Promise<CacheStorage>;
  /** My read cursor in a room, if the server may not know it. */
  unsentRead(topic: string): number | undefined;
  /** A read cursor that an earlier page could not tell the server. */
  restoredRead(topic: string, seq: number): void;
  /** Called once, when something that is being written can't be stored. */
  failed(): void;
}

/** Milliseconds between two writes of rooms, and after the last change of a draft until it is written. */
const ROOMS_EVERY = 1_000;
const DRAFTS_AFTER = 300;
/** Milliseconds between two writes of people, who are many and change often. */
const PEOPLE_EVERY = 60_000;

/** Restores the state that an earlier page left in the storage, and records it from then on. */
export class Recorder {
  readonly #parts: Parts;
  readonly #me: string;
  /** What the storage has. */
  readonly #rooms = new Map<string, RoomState>();
  readonly #drafts = new Map<string, Draft>();
  #people: number;
  /** The rooms whose logs are stored, the one opened last at the end. */
  readonly #opened = new Set<string>();
  readonly #timers = new Map<() => void, ReturnType<typeof setTimeout>>();
  #stops: readonly (() => void)[] = [];
  #isStopped = false;
  #hasFailed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#me = parts.store.state.me.name;
    this.#people = parts.store.state.people.version();
  }

  /** Restores what is shown first, then everything else. Never rejects: without a storage, nothing is restored. */
  async restore(first: string | undefined): Promise<void> {
    try {
      const storage = await this.#parts.storage;
      const { rooms, people, drafts, log } = await storage.load(this.#me, first);
      if (this.#isStopped) return;
      this.#parts.store.batch(() => {
        this.#restoreDrafts(drafts);
        const states = rooms.map((room) => fromStored(room, room.topic === first ? log : undefined));
        this.#take(states);
        this.#restorePeople(people);
      });
      for (const { topic, unsent_read } of rooms)
        if (unsent_read !== undefined) this.#parts.restoredRead(topic, unsent_read);
      if (rooms.length > 0) await this.#restoreLogs(storage, first);
      // What is to be shown would wait for this.
      void storage.wipe((account) => account !== this.#me).catch(() => {});
    } catch {
      // A broken storage is like an empty one.
    }
    if (!this.#isStopped) this.#record();
  }

  async #restoreLogs(storage: CacheStorage, first: string | undefined): Promise<void> {
    const logs = await storage.logs(this.#me);
    if (this.#isStopped) return;
    for (const { topic } of logs) if (topic !== first) this.#opened.add(topic);
    if (first !== undefined) this.#opened.add(first);
    const { rooms } = this.#parts.store.state;
    const states = logs.flatMap((log: StoredLog): RoomState[] => {
      const held = rooms.get(log.topic);
      if (!held || held.log.segments.length > 0 || held.applied !== log.applied) return [];
      return [{ ...held, log: fromStored({ ...held, topic: log.topic, reads: [] }, log).log }];
    });
    this.#take(states);
  }

  #take(states: readonly RoomState[]): void {
    if (states.length > 0) this.#parts.store.dispatch({ type: "restored", rooms: states });
    const { rooms } = this.#parts.store.state;
    for (const state of states)
      if (rooms.get(state.room.topic) === state) this.#rooms.set(state.room.topic, state);
  }

  #restoreDrafts(stored: readonly StoredDraft[]): void {
    const { drafts } = this.#parts.store.state;
    for (const { topic, ...draft } of stored) {
      if (drafts.has(topic)) continue;
      const restored: Draft = { ...draft, reading: 0 };
      drafts.set(topic, restored);
      this.#drafts.set(topic, restored);
    }
  }

  /** People are shown as offline until the server tells. */
  #restorePeople(people: readonly Person[]): void {
    const { store } = this.#parts;
    if (people.length === 0 || store.state.people.size > 0) return;
    const offline = people.map((person): Person => ({ ...person, state: "offline", live: false }));
    store.dispatch({ type: "people", people: offline });
    this.#people = store.state.people.version();
  }

  #record(): void {
    const { state } = this.#parts.store;
    const { rooms, people, drafts, session } = state;
    this.#stops = [
      rooms.subscribeAll(() => this.#soon(this.#writeRooms, ROOMS_EVERY)),
      session.subscribe(this.#opens),
      people.subscribeAll(() => this.#soon(this.#writePeople, PEOPLE_EVERY)),
      drafts.subscribeAll(this.#draftsChanged),
      this.#parts.onHidden(this.#writeNow),
    ];
    this.#opens();
    this.#draftsChanged();
    if (rooms.size > 0) this.#soon(this.#writeRooms, ROOMS_EVERY);
  }

  #soon(work: () => void, ms: number): void {
    if (this.#timers.has(work)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(work);
      work();
    }, ms);
    this.#timers.set(work, timer);
  }

  /** The page may be closed after this. */
  #writeNow = (): void => {
    const waiting = [...this.#timers];
    this.#timers.clear();
    for (const [work, timer] of waiting) {
      clearTimeout(timer);
      work();
    }
  };

  #opens = (): void => {
    const open = this.#parts.store.state.session.get().open.at(-1);
    if (open === undefined || [...this.#opened].at(-1) === open) return;
    this.#opened.delete(open);
    this.#opened.add(open);
    this.#soon(this.#writeRooms, ROOMS_EVERY);
  };

  #writeRooms = (): void => {
    const { state } = this.#parts.store;
    // Before the rooms are fetched, those that are missing may only not be known.
    const { ready } = state.session.get();
    const goneRooms = ready ? [...this.#rooms.keys()].filter((topic) => !state.rooms.has(topic)) : [];
    for (const topic of goneRooms) {
      this.#rooms.delete(topic);
      this.#opened.delete(topic);
    }
    const goneLogs = this.#oldest();
    const changed = [...state.rooms.values()].filter((held) => this.#rooms.get(held.room.topic) !== held);
    const logs = changed.flatMap((held) =>
      this.#opened.has(held.room.topic) ? (toStoredLog(held) ?? []) : [],
    );
    for (const held of changed) this.#rooms.set(held.room.topic, held);
    const rooms = changed.map((held) => toStoredRoom(held, this.#parts.unsentRead(held.room.topic)));
    if (rooms.length > 0 || goneRooms.length > 0 || goneLogs.length > 0)
      void this.#write({ rooms, logs, goneRooms, goneLogs }).catch(() => {});
  };

  /** Forgets the rooms that were opened longest ago, if the logs of too many are stored. */
  #oldest(): string[] {
    const oldest = [...this.#opened].slice(0, Math.max(0, this.#opened.size - CACHED_LOGS));
    for (const topic of oldest) this.#opened.delete(topic);
    return oldest;
  }

  #writePeople = (): void => {
    const { people } = this.#parts.store.state;
    if (people.version() === this.#people) return;
    this.#people = people.version();
    void this.#write({ people: [...people.values()] }).catch(() => {});
  };

  /**
   * A message that was sent must not come back as a draft, so that one is removed at once. A page that is left
   * may end before files are written, so they do not wait either.
   */
  #draftsChanged = (): void => {
    const { drafts } = this.#parts.store.state;
    const isGone = [...this.#drafts.keys()].some((topic) => !drafts.has(topic));
    const hasNewFiles = [...drafts.entries()].some(
      ([topic, { files }]) => files.length > 0 && files !== this.#drafts.get(topic)?.files,
    );
    if (isGone || hasNewFiles) this.#writeDrafts();
    else this.#soon(this.#writeDrafts, DRAFTS_AFTER);
  };

  #writeDrafts = (): void => {
    const { drafts } = this.#parts.store.state;
    const goneDrafts = [...this.#drafts.keys()].filter((topic) => !drafts.has(topic));
    const changed = [...drafts.entries()].filter(([topic, draft]) => this.#drafts.get(topic) !== draft);
    for (const topic of goneDrafts) this.#drafts.delete(topic);
    for (const [topic, draft] of changed) this.#drafts.set(topic, draft);
    if (changed.length === 0 && goneDrafts.length === 0) return;
    const stored = changed.map(
      ([topic, { text, files, quote }]): StoredDraft => ({ topic, text, files, quote }),
    );
    this.#write({ drafts: stored, goneDrafts }).catch(() => {
      if (this.#hasFailed || this.#isStopped) return;
      this.#hasFailed = true;
      this.#parts.failed();
    });
  };

  async #write(changes: CacheChanges): Promise<void> {
    if (this.#isStopped) return;
    await (await this.#parts.storage).write(this.#me, changes);
  }

  /** Writes what is left to be written, and ends. */
  stop(): void {
    this.#writeNow();
    this.#end();
  }

  /** Ends, and deletes everything of this account. Never rejects. */
  async forget(): Promise<void> {
    this.#end();
    try {
      await (await this.#parts.storage).wipe((account) => account === this.#me);
    } catch {
      // There is no storage that could have anything.
    }
  }

  #end(): void {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }
}
