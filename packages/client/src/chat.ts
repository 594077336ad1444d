import type { Account, BrokerInfo, Delete, Event, React, Room, Typing } from "@chinwag/protocol";
import { deleteTopic, parseTopic, reactTopic, readTopic, typingTopic } from "@chinwag/protocol";
import { type Api, createApi } from "./api/http.ts";
import { createMedia, type Media } from "./api/media.ts";
import { Recorder } from "./cache/recorder.ts";
import type { ChatOptions } from "./chat-options.ts";
import { filtersOf } from "./connection/subscriptions.ts";
import { TypingNotices } from "./connection/typing-notices.ts";
import { Failed, type Failure, failureOf, Refused } from "./failure.ts";
import { Identity } from "./identity.ts";
import type { Notice, SignedOut } from "./notice.ts";
import { outboxState } from "./outbox/outbox-state.ts";
import type { Outgoing } from "./outbox/outgoing.ts";
import { Sender } from "./outbox/sender.ts";
import type { TabMessage, Tabs } from "./ports.ts";
import type { Connection } from "./state/model.ts";
import { createStore, type Store } from "./state/store.ts";
import { Alerts } from "./sync/alerts.ts";
import { Arrivals } from "./sync/arrivals.ts";
import { Feed } from "./sync/feed.ts";
import { ReadCursors } from "./sync/read-cursors.ts";
import { type Answer, Sync } from "./sync/sync.ts";
import { SharedLink } from "./tabs/shared-link.ts";

const REFRESH_AGAIN = 2_000;
/** Milliseconds after which the connection is made although the rooms have not been fetched. */
const FIRST_PATIENCE = 2_000;

/** Milliseconds to wait for what an earlier page left, before what is fetched is shown without it. */
const RESTORE_PATIENCE = 1_000;

const patience = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The chat of the signed-in person: its state, the synchronization with the server, and all actions. */
export class Chat {
  readonly store: Store;
  /** The message at the top of the window of each room that was left in the middle of its history. */
  readonly places = new Map<string, number>();
  /** The server's HTTP API, for what this class has no method for. */
  readonly api: Api;
  /** The addresses of attachments. */
  readonly media: Media;
  readonly #options: ChatOptions;
  readonly #identity: Identity;
  readonly #link: SharedLink;
  readonly #sync: Sync;
  readonly #arrivals: Arrivals;
  readonly #feed: Feed;
  readonly #alerts: Alerts;
  readonly #sender: Sender;
  readonly #recorder: Recorder;
  readonly #typing = new TypingNotices();
  readonly #reads: ReadCursors;
  readonly #tabs: Tabs | undefined;
  readonly #unsubscribe: readonly (() => void)[];
  #again: ReturnType<typeof setTimeout> | undefined;
  /** How many views show a room. */
  readonly #open = new Map<string, number>();
  #isEnded = false;

  /** Begins to connect, and to send what an earlier page left behind. */
  constructor(options: ChatOptions) {
    const { me, url, ports } = options;
    this.#options = options;
    this.#identity = new Identity({
      me,
      token: options.token,
      unconfirmed: options.unconfirmed ?? false,
      renewToken: options.renewToken,
      account: () => this.api.account(),
      isEnded: () => this.#isEnded,
      confirmed: this.#confirmed,
      renewed: this.#renewed,
      end: (why) => void this.#end(why),
    });
    const { token } = this.#identity;
    this.api = createApi({ url, token, fetch: ports.fetch });
    this.media = createMedia({ ...ports, url, token, sign: this.api.mediaAddresses });
    this.store = createStore(me);
    this.#reads = new ReadCursors({
      store: this.store,
      isUp: () => this.#link.isUp,
      publish: (topic, seq) => this.#link.publish(readTopic(me.name, topic), `${seq}`, 1),
    });
    const storage = ports.openStorage(this.#notice);
    this.#recorder = new Recorder({
      ...ports,
      store: this.store,
      storage: storage.then(({ cache }) => cache),
      unsentRead: (topic) => this.#reads.unsent(topic),
      restoredRead: (topic, seq) => this.#reads.restore(topic, seq),
      failed: () => this.#notice({ type: "not_stored", reason: "write_failed" }),
    });
    const restored = Promise.race([this.#recorder.restore(options.first), patience(RESTORE_PATIENCE)]);
    this.#sync = new Sync(this.store, this.api, {
      restored,
      trouble: this.#trouble,
      notice: this.#notice,
      answered: this.#answered,
      mentioned: (note) => this.#alerts.mentioned(note),
      heard: this.#heard,
    });
    this.#alerts = new Alerts({
      store: this.store,
      alert: (alert) => this.#link.leads && this.#options.alert?.(alert),
    });
    this.#feed = new Feed({ store: this.store, api: this.api, failed: this.#trouble });
    this.#arrivals = new Arrivals({
      take: (topic, payload) => this.#sync.take(topic, payload),
      batch: (work) =>
        this.store.batch(() => {
          work();
          this.#reads.readInSight();
        }),
      soon: ports.nextFrame,
      failed: this.#trouble,
    });
    // Only a cookie is shared by all tabs.
    const tabs = options.token === undefined ? ports.tabs(this.#told) : undefined;
    this.#tabs = tabs;
    const account = me.name;
    this.#link = new SharedLink(
      { ...ports, url, token, account, tell: tabs && ((link) => tabs.tell({ type: "link", account, link })) },
      {
        broker: this.#broker,
        filters: this.#filters,
        up: () => void this.#up(),
        granted: this.#granted,
        state: this.#connectionIs,
        message: (topic, payload) => this.#arrivals.add(topic, payload),
        failed: this.#trouble,
      },
    );
    this.#sender = new Sender({
      ...ports,
      outbox: outboxState(this.store),
      storage: storage.then(({ outbox }) => outbox),
      upload: this.media.upload,
      notice: this.#notice,
      isUp: () => this.store.state.session.get().connection === "live",
      storedOnAck: () => this.#link.broker?.stored_on_ack ?? true,
      publish: (topic, payload, qos) => this.#link.publish(topic, payload, qos),
      signedOut: this.#trouble,
    });
    const { rooms, people } = this.store.state;
    this.#unsubscribe = [
      rooms.subscribeKeys(this.#follow),
      people.subscribeAll(this.#follow),
      ports.onHidden(this.#reads.tellNow),
    ];
    this.#tabs?.tell({ type: "signed_in", account: me.name });
    void this.#sender.load();
    void this.#begin();
  }

  /** Shows the rooms before there is a connection, and before the library for it is loaded. */
  async #begin(): Promise<void> {
    void this.#identity.confirm().catch(this.#trouble);
    const rooms = this.#sync.loadRooms().then(this.#loadOpen).catch(this.#trouble);
    await Promise.race([rooms, patience(FIRST_PATIENCE)]);
    if (!this.#isEnded) this.#link.start();
  }

  #confirmed = (me: Account): void => {
    this.store.dispatch({ type: "admin", admin: me.admin });
    this.#options.confirmed?.(me);
  };

  #renewed = (): void => {
    this.media.renew();
    this.#link.retryNow();
    if (this.#link.isUp) this.#sender.restart();
  };

  /** Fetches how far the others have read of the direct conversations on screen. */
  #loadReads(): void {
    const { rooms, session } = this.store.state;
    const { open, connection } = session.get();
    if (connection !== "live") return;
    for (const topic of open)
      if (rooms.get(topic)?.room.direct) void this.loadMembers(topic).catch(this.#trouble);
  }

  /** Fetches what the rooms on screen lack; it may be there from an earlier visit. */
  #loadOpen = (): void => {
    const { open } = this.store.state.session.get();
    for (const topic of open) void this.#sync.history.loadFirst(topic).catch(this.#trouble);
  };

  stop(): void {
    this.#isEnded = true;
    this.#disconnect();
    this.#recorder.stop();
    this.#sender.stop();
  }

  #disconnect(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#link.stop();
    this.#sync.stop();
    this.#feed.stop();
    this.#alerts.stop();
    this.media.stop();
    this.#tabs?.close();
    clearTimeout(this.#again);
    this.#reads.stop();
  }

  /** Ends the chat because I am not signed in any more, and deletes what waits to be sent. */
  async #end(why: SignedOut): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#disconnect();
    this.#options.signedOut?.(why);
    // Other tabs may continue with the entries once this one lets go of them, so they are deleted before.
    await Promise.all([this.#sender.forget(), this.#recorder.forget()]);
    this.#sender.stop();
  }

  #notice = (notice: Notice): void => this.#options.notice?.(notice);

  /** Another tab signed out, signed in as somebody, or has to do with the connection. */
  #told = (message: TabMessage): void => {
    const { type, account } = message;
    const mine = account === this.#options.me.name;
    if (type === "link" && mine) this.#link.told(message.link);
    if (type === "signed_out" && mine) void this.#end("elsewhere");
    if (type === "signed_in" && !mine) void this.#end("other_account");
  };

  retryNow = (): void => this.#link.retryNow();

  /** Where to connect. The cookie may be somebody else's by now. */
  #broker = async (): Promise<BrokerInfo> => {
    const broker = await this.api.broker();
    if (broker.username === this.#options.me.name) return broker;
    void this.#end("other_account");
    throw new Failed({ code: "not_authenticated" });
  };

  #connectionIs = (connection: Connection): void => {
    this.store.dispatch({ type: "connection", connection });
    // Where HTTP works and MQTT does not, there is something to show at least.
    if (connection === "waiting" && !this.store.state.session.get().ready)
      void this.#sync.refresh().catch(this.#trouble);
  };

  #heard = (event: Event): void => {
    this.#alerts.arrived(event);
    this.#feed.arrived(event);
  };

  /**
   * Calls `listener` with every event of my rooms from now on, for programs: each once and in the order of its room's
   * log, also what happens during an interruption, unless that is too much for the server (see `GET /events`). Returns
   * the function that stops it.
   */
  onEvent(listener: (event: Event) => void): () => void {
    return this.#feed.listen(listener);
  }

  /** Once subscribed, fetches what was missed; only then is the connection live. */
  async #up(): Promise<void> {
    try {
      await Promise.all([this.#sync.refresh(), this.#identity.confirm()]);
    } catch (error) {
      this.#trouble(error);
      this.#again = setTimeout(() => this.#link.isUp && void this.#up(), REFRESH_AGAIN);
      return;
    }
    if (!this.#link.isUp) return;
    this.store.dispatch({ type: "connection", connection: "live" });
    this.#loadReads();
    this.#feed.check();
    this.#sender.restart();
    this.#reads.tell();
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

  #trouble = (error: unknown): void => this.#identity.trouble(error);

  // Reading

  /** Opens a room: fetches what it shows, and keeps its log complete from now on. Returns false if that failed. */
  async open(topic: string): Promise<boolean> {
    this.#open.set(topic, (this.#open.get(topic) ?? 0) + 1);
    this.store.dispatch({ type: "open", topic });
    this.#loadReads();
    return this.#isLoaded(this.#sync.history.loadFirst(topic));
  }

  /** Whether something could be fetched. */
  async #isLoaded(work: Promise<void>): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (error) {
      this.#trouble(error);
      return false;
    }
  }

  /** Closes the room, unless it was opened more often. */
  close(topic: string): void {
    const left = (this.#open.get(topic) ?? 0) - 1;
    if (left > 0) return void this.#open.set(topic, left);
    this.#open.delete(topic);
    this.store.dispatch({ type: "close", topic });
  }

  /** Drops what is held of the room's log far from `around`, on one side. */
  trim(topic: string, around: number, side: "older" | "newer"): void {
    this.store.dispatch({ type: "trim", topic, around, side });
  }

  /** Fetches the messages before `from`, the beginning of a segment of the room's log. Returns false if that failed. */
  loadOlder(topic: string, from: number): Promise<boolean> {
    return this.#isLoaded(this.#sync.history.loadOlder(topic, from));
  }

  /** Fetches the messages after `to`, the end of a segment of the room's log. Returns false if that failed. */
  loadNewer(topic: string, to: number): Promise<boolean> {
    return this.#isLoaded(this.#sync.history.loadNewer(topic, to));
  }

  /** Fetches the messages around `seq`. Returns false if that failed. */
  loadAround(topic: string, seq: number): Promise<boolean> {
    return this.#isLoaded(this.#sync.history.loadAround(topic, seq));
  }

  /** Moves my read cursor forward. */
  read(topic: string, seq: number): void {
    this.#reads.read(topic, seq);
  }

  /** Counts what arrives in a room as read at once, while it is in sight; returns the function that ends it. */
  watch(topic: string, isInSight: () => boolean): () => void {
    return this.#reads.watch(topic, isInSight);
  }

  // Sending

  /** Sends a message as soon as possible; returns its `msg_id`. */
  say(draft: Outgoing): string {
    this.typing(draft.topic, false);
    return this.#sender.say(draft);
  }

  /** Resolves when the message is stored, or discarded; rejects if it is refused. */
  delivered(msg_id: string): Promise<void> {
    return this.#sender.delivered(msg_id);
  }

  /** Tries again now to send a message that failed or waits. */
  retry(msg_id: string): void {
    this.#sender.retry(msg_id);
  }

  /** Deletes a message that is not sent yet. */
  discard(msg_id: string): void {
    this.#sender.discard(msg_id);
  }

  /** Tries again now to upload a file that the server refused. */
  retryFile(msg_id: string, file: number): void {
    this.#sender.retryFile(msg_id, file);
  }

  /**
   * Removes a file from a message that is not sent yet; false if the server may have the message already, or if another tab
   * is delivering it. If no refused file is left, the message is sent; if nothing is left, it is discarded.
   */
  removeFile(msg_id: string, file: number): boolean {
    return this.#sender.removeFile(msg_id, file);
  }

  /** Changes the text of a message that is not sent yet; false if the server may have it already. */
  editUnsent(msg_id: string, text: string): boolean {
    return this.#sender.edit(msg_id, text);
  }

  typing(topic: string, typing: boolean): void {
    if (!this.#typing.isDue(topic, typing, this.#options.ports.now())) return;
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
    if (outcome.is === "refused") this.#refused(outcome.failure);
    if (outcome.is === "lost") this.#refused({ code: "no_connection" });
  }

  /** The result of a send, on a broker whose acknowledgements do not mean stored. */
  #answered = (note: Answer): void => {
    this.#sender.answered(note);
    if (note.type !== "refused" || this.#link.broker?.stored_on_ack) return;
    const kind = parseTopic(note.topic)?.kind;
    if (kind === "react" || kind === "delete") this.#refused(note);
  };

  #refused(failure: Failure): void {
    this.#notice({ type: "refused", ...failureOf(new Failed(failure)) });
  }

  // Rooms and people. Each method throws the server's refusal, for the form that called it.

  /** Adds a room that I have just joined or changed. */
  #enter = (room: Room): Room => {
    this.#sync.enter(room);
    return room;
  };

  createRoom = async (body: Parameters<Api["createRoom"]>[0]): Promise<Room> =>
    this.#enter(await this.api.createRoom(body));

  changeRoom = async (topic: string, body: Parameters<Api["changeRoom"]>[1]): Promise<Room> =>
    this.#enter(await this.api.changeRoom(topic, body));

  join = async (topic: string): Promise<Room> => this.#enter(await this.api.join(topic));

  direct = async (name: string): Promise<Room> => this.#enter(await this.api.direct({ name }));

  async leave(topic: string): Promise<void> {
    await this.api.leave(topic);
    this.#sync.gone(topic);
  }

  /** Fetches everybody's current presence. */
  async loadPeople(): Promise<void> {
    await this.#sync.refreshPeople().catch(this.#trouble);
  }

  /** Fetches the members of a room, and how far they have read. */
  async loadMembers(topic: string): Promise<void> {
    const { members } = await this.api.members(topic);
    this.store.dispatch({ type: "members", topic, members });
  }

  /** Signs out here and in all tabs; what was not sent is deleted. */
  async signOut(): Promise<void> {
    await this.api.signOut().catch((error) => {
      // Then I am signed out already.
      if (!(error instanceof Refused) || error.status !== 401) throw error;
    });
    this.#tabs?.tell({ type: "signed_out", account: this.#options.me.name });
    await this.#end("here");
  }
}
