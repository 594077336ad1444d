import type { Account, Delete, Member, React, Room, Typing } from "@chinwag/protocol";
import { deleteTopic, parseTopic, reactTopic, readTopic, typingTopic } from "@chinwag/protocol";
import { api, Refused, sentence } from "./api/http.ts";
import { upload } from "./api/media.ts";
import { Link } from "./connection/link.ts";
import { filtersOf } from "./connection/subscriptions.ts";
import { type OutboxStore, openOutbox } from "./outbox/outbox-store.ts";
import { type Draft, Sender } from "./outbox/sender.ts";
import { createStore, type Store } from "./state/store.ts";
import { Arrivals } from "./sync/arrivals.ts";
import { type Answer, Sync } from "./sync/sync.ts";

interface Handlers {
  signedOut(): void;
  notice(text: string): void;
}

/** Minimum time between two "typing" notices, in milliseconds; a notice is valid for twice as long. */
const TYPING_EVERY = 3_000;
/** Minimum time between two publishes of read cursors, in milliseconds, so that scrolling does not publish each step. */
const READ_EVERY = 1_000;
const REFRESH_AGAIN = 2_000;

/** The chat of the signed-in person: its state, the synchronization with the server, and all actions. */
export class Chat {
  readonly store: Store;
  /** The message at the top of the window of each room that was left in the middle of its history. */
  readonly places = new Map<string, number>();
  readonly #handlers: Handlers;
  readonly #link: Link;
  readonly #sync: Sync;
  readonly #sender: Sender;
  readonly #reads = new Map<string, number>();
  readonly #unsubscribe: readonly (() => void)[];
  #readTimer: ReturnType<typeof setTimeout> | undefined;
  #typedAt = 0;
  #again: ReturnType<typeof setTimeout> | undefined;

  static async begin(me: Account, handlers: Handlers): Promise<Chat> {
    const chat = new Chat(me, await openOutbox(), handlers);
    await chat.#sender.load();
    chat.#link.start();
    // Shows something while the connection is being made; once it is up, what arrived meanwhile is fetched.
    void chat.#sync.refresh().catch(chat.#trouble);
    return chat;
  }

  private constructor(me: Account, keep: OutboxStore, handlers: Handlers) {
    this.#handlers = handlers;
    this.store = createStore(me);
    this.#sync = new Sync(this.store, api, {
      trouble: this.#trouble,
      notice: handlers.notice,
      answered: this.#answered,
    });
    const arrivals = new Arrivals({
      take: (topic, payload) => this.#sync.take(topic, payload),
      batch: this.store.batch,
      failed: reportError,
      soon: nextFrame,
    });
    this.#link = new Link({
      broker: api.broker,
      filters: this.#filters,
      up: () => void this.#up(),
      granted: this.#granted,
      state: (connection) => this.store.dispatch({ type: "connection", connection }),
      message: (topic, payload) => arrivals.add(topic, payload),
      failed: this.#trouble,
    });
    this.#sender = new Sender({
      store: this.store,
      keep,
      upload,
      lock,
      notice: handlers.notice,
      isUp: () => this.store.state.session.get().connection === "live",
      storedOnAck: () => this.#link.broker?.stored_on_ack ?? true,
      publish: (topic, payload, qos) => this.#link.publish(topic, payload, qos),
      now: Date.now,
    });
    const { rooms, people } = this.store.state;
    this.#unsubscribe = [rooms.subscribeKeys(this.#follow), people.subscribeAll(this.#follow)];
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#link.stop();
    this.#sync.stop();
    this.#sender.stop();
    clearTimeout(this.#again);
    clearTimeout(this.#readTimer);
  }

  retryNow = (): void => this.#link.retryNow();

  /** Addresses where scripts and devices connect, if the server knows them. */
  get mqttAddresses(): readonly string[] {
    return this.#link.broker?.addresses ?? [];
  }

  /** The broker's host for scripts and devices. */
  get mqttHost(): string {
    const url = this.#link.broker?.url;
    return url === undefined ? location.hostname : new URL(url).hostname;
  }

  /** Once subscribed, fetches what was missed; only then is the connection live. */
  async #up(): Promise<void> {
    try {
      await this.#sync.refresh();
    } catch (error) {
      this.#trouble(error);
      this.#again = setTimeout(() => this.#link.isUp && void this.#up(), REFRESH_AGAIN);
      return;
    }
    if (!this.#link.isUp) return;
    this.store.dispatch({ type: "connection", connection: "live" });
    this.#sender.restart();
    this.#tellReads();
  }

  // For a broker that requires a subscription per room

  #filters = async (): Promise<readonly string[]> => {
    if (!this.store.state.session.get().ready) await this.#sync.refresh();
    return filtersOf(this.store.state);
  };

  #follow = (): void => {
    if (this.#link.broker?.wildcards === false && this.#link.isUp)
      this.#link.follow(filtersOf(this.store.state));
  };

  #granted = (filters: readonly string[]): void => {
    for (const filter of filters) {
      const meant = parseTopic(filter);
      if (meant?.kind === "room") void this.#sync.catchUp(meant.room).catch(this.#trouble);
    }
  };

  #trouble = (error: unknown): void => {
    if (error instanceof Refused && error.status === 401) this.#handlers.signedOut();
  };

  // Reading

  /** Opens a room: fetches what it shows, and keeps its log complete from now on. Returns false if that failed. */
  async open(topic: string): Promise<boolean> {
    this.store.dispatch({ type: "open", topic });
    try {
      await this.#sync.history.loadFirst(topic);
      return true;
    } catch (error) {
      this.#trouble(error);
      return false;
    }
  }

  /** Closes the room unless another one is open by now. */
  close(topic: string): void {
    if (this.store.state.session.get().open === topic)
      this.store.dispatch({ type: "open", topic: undefined });
  }

  /** Drops what is held of the room's log far from `around`, on one side. */
  trim(topic: string, around: number, side: "older" | "newer"): void {
    this.store.dispatch({ type: "trim", topic, around, side });
  }

  /** Fetches the messages before `from`, the beginning of a segment of the room's log. */
  loadOlder(topic: string, from: number): Promise<void> {
    return this.#sync.history.loadOlder(topic, from).catch(this.#trouble);
  }

  /** Fetches the messages after `to`, the end of a segment of the room's log. */
  loadNewer(topic: string, to: number): Promise<void> {
    return this.#sync.history.loadNewer(topic, to).catch(this.#trouble);
  }

  /** Fetches the messages around `seq`. */
  loadAround(topic: string, seq: number): Promise<void> {
    return this.#sync.history.loadAround(topic, seq).catch(this.#trouble);
  }

  read(topic: string, seq: number): void {
    const { me, rooms } = this.store.state;
    if (seq <= (rooms.get(topic)?.room.read_seq ?? seq)) return;
    this.store.dispatch({ type: "read", topic, name: me.name, seq });
    this.#reads.set(topic, seq);
    if (this.#readTimer === undefined) this.#tellReads();
  }

  /** Publishes my read cursors; what is read meanwhile waits for the next interval or connection. */
  #tellReads = (): void => {
    this.#readTimer = undefined;
    if (this.#reads.size === 0 || !this.#link.isUp) return;
    this.#readTimer = setTimeout(this.#tellReads, READ_EVERY);
    for (const [topic, seq] of this.#reads) {
      void this.#link.publish(readTopic(this.store.state.me.name, topic), `${seq}`, 1).then(({ is }) => {
        if (is !== "lost" && this.#reads.get(topic) === seq) this.#reads.delete(topic);
      });
    }
  };

  // Sending

  say(draft: Draft): void {
    this.typing(draft.topic, false);
    void this.#sender.say(draft);
  }

  retry(msg_id: string): void {
    void this.#sender.retry(msg_id);
  }

  discard(msg_id: string): void {
    void this.#sender.discard(msg_id);
  }

  typing(topic: string, typing: boolean): void {
    const now = Date.now();
    if (typing ? now - this.#typedAt < TYPING_EVERY : this.#typedAt === 0) return;
    this.#typedAt = typing ? now : 0;
    const payload: Typing = { typing };
    void this.#link.publish(typingTopic(this.store.state.me.name, topic), JSON.stringify(payload), 0);
  }

  react(topic: string, react: React): void {
    void this.#act(reactTopic(this.store.state.me.name, topic), react);
  }

  delete(topic: string, target: number): void {
    const payload: Delete = { target };
    void this.#act(deleteTopic(this.store.state.me.name, topic), payload);
  }

  /**
   * Publishes an action that is only useful immediately: its event makes it visible, and it is not queued for later.
   */
  async #act(topic: string, payload: React | Delete): Promise<void> {
    const outcome = await this.#link.publish(topic, JSON.stringify(payload), 1);
    if (outcome.is === "refused") this.#handlers.notice(outcome.detail);
    if (outcome.is === "lost")
      this.#handlers.notice("There is no connection right now. Try again in a moment.");
  }

  /** The result of a send, on a broker whose acknowledgements do not mean stored. */
  #answered = (note: Answer): void => {
    this.#sender.answered(note);
    if (note.type !== "refused" || this.#link.broker?.stored_on_ack) return;
    const kind = parseTopic(note.topic)?.kind;
    if (kind === "react" || kind === "delete") this.#handlers.notice(sentence(note.detail));
  };

  // Rooms and people. Each method throws the server's refusal, for the form that called it.

  /** Adds a room that I have just joined or changed. */
  #enter = (room: Room): Room => {
    this.#sync.enter(room);
    return room;
  };

  createRoom = async (body: Parameters<typeof api.createRoom>[0]): Promise<Room> =>
    this.#enter(await api.createRoom(body));

  changeRoom = async (topic: string, body: Parameters<typeof api.changeRoom>[1]): Promise<Room> =>
    this.#enter(await api.changeRoom(topic, body));

  join = async (topic: string): Promise<Room> => this.#enter(await api.join(topic));

  direct = async (name: string): Promise<Room> => this.#enter(await api.direct({ name }));

  async leave(topic: string): Promise<void> {
    await api.leave(topic);
    this.#sync.gone(topic);
  }

  /** Fetches everybody's current presence. */
  async loadPeople(): Promise<void> {
    await this.#sync.refreshPeople().catch(this.#trouble);
  }

  async loadMembers(topic: string): Promise<void> {
    const { members } = await api.members(topic);
    this.store.dispatch({ type: "members", topic, members });
  }

  async addMember(topic: string, name: string): Promise<void> {
    await api.join(topic, { name });
    await this.loadMembers(topic);
  }

  async removeMember(topic: string, { name }: Member): Promise<void> {
    await api.leave(topic, name);
    await this.loadMembers(topic);
  }

  /** Signs out; discards what was not sent. */
  async signOut(): Promise<void> {
    await api.signOut();
    for (const { msg_id } of this.store.state.outbox.get()) await this.#sender.discard(msg_id);
    this.#handlers.signedOut();
  }
}

/** Uses Web Locks if available; they are missing on plain http, where a duplicate send does no harm. */
const lock = (name: string, work: () => Promise<void>): void => {
  const held = navigator.locks ? navigator.locks.request(name, work) : work();
  // A page that is being closed loses its locks; another page takes over.
  held.catch(() => {});
};

/** Calls `work` with the next frame; a hidden page has no frames. */
const nextFrame = (work: () => void): void => {
  if (document.visibilityState === "visible") requestAnimationFrame(work);
  else queueMicrotask(work);
};
