import type { Quote, Send } from "@chinwag/protocol";
import { sendTopic } from "@chinwag/protocol";
import { Refused, sentence } from "../api/http.ts";
import type { upload } from "../api/media.ts";
import type { Outcome } from "../connection/link.ts";
import type { OutboxEntry, OutboxFile } from "../state/model.ts";
import type { Store } from "../state/store.ts";
import type { Answer } from "../sync/sync.ts";
import type { OutboxStore } from "./outbox-store.ts";
import { uuid } from "./uuid.ts";

/** A message to be sent. */
export interface Draft {
  readonly topic: string;
  readonly text: string;
  readonly quote?: Quote | undefined;
  readonly files: readonly OutboxFile[];
}

/** The dependencies of the sender. */
export interface Ports {
  readonly store: Store;
  readonly keep: OutboxStore;
  isUp(): boolean;
  /**
   * Whether the broker acknowledges only stored messages. If not, its acknowledgement is ignored: see {@link Sender}.
   */
  storedOnAck(): boolean;
  publish(topic: string, payload: string, qos: 1): Promise<Outcome>;
  readonly upload: typeof upload;
  /** Runs `work` while no other tab holds `name`; other tabs wait for it to finish. */
  lock(name: string, work: () => Promise<void>): void;
  notice(text: string): void;
  now(): number;
}

/** Milliseconds until the retry of an upload that failed while the connection is up. */
const UPLOAD_PAUSE = 3_000;
/**
 * Milliseconds without an answer after which a send is repeated, if acknowledged does not mean stored; doubles each
 * time.
 */
const ANSWER_PATIENCE = 8_000;
const ANSWER_PATIENCE_MOST = 64_000;
/** Milliseconds after which a stored entry is removed: the event of a message stored long ago does not come again. */
const ECHO_PATIENCE = 10_000;

/**
 * Delivers the outbox. Each entry is delivered by one tab, which holds a lock named after its `msg_id`; another tab
 * takes
 * over when that tab is closed. A repeated send does no harm, because the server deduplicates by `msg_id`. Within a
 * room,
 * entries are sent in the order they were written.
 *
 * If the broker's acknowledgement does not mean stored, an entry counts as sent when its `msg_id` comes back, in an
 * inbox
 * note or with its event. Until then nothing else is sent to that room: several servers may share the sends, so this
 * is the only way to keep the order.
 */
export class Sender {
  readonly #ports: Ports;
  /** The entries that this tab delivers, each with the function that releases its lock. */
  readonly #mine = new Map<string, () => void>();
  readonly #published = new Set<string>();
  /** Timers of published entries that have no answer yet. */
  readonly #unanswered = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #roomsAtWork = new Set<string>();
  /** Uploads in progress, by the msg_id of their entry. */
  readonly #uploads = new Map<string, AbortController>();
  readonly #unsubscribe: () => void;

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#unsubscribe = ports.store.state.outbox.subscribe(() => this.#letGo());
  }

  stop(): void {
    this.#unsubscribe();
    for (const release of this.#mine.values()) release();
    for (const timer of this.#unanswered.values()) clearTimeout(timer);
    this.#mine.clear();
  }

  /** Loads the entries that an earlier page left behind. */
  async load(): Promise<void> {
    const { keep, store } = this.#ports;
    const entries = await keep.all(store.state.me.name);
    store.dispatch({ type: "queued", entries });
    for (const entry of entries) if (entry.status !== "failed") this.#adopt(entry.msg_id);
  }

  async say({ topic, text, quote, files }: Draft): Promise<void> {
    const { keep, store, now } = this.#ports;
    const account = store.state.me.name;
    const base = {
      msg_id: uuid(),
      account,
      topic,
      text,
      files,
      created_at: now(),
      status: "pending",
    } as const;
    const entry: OutboxEntry = quote ? { ...base, quote } : base;
    store.dispatch({ type: "queued", entries: [entry] });
    // A full disk must not prevent sending: the entry is then kept only until the page is closed.
    await keep.put(toKeep(entry)).catch(() => {});
    this.#claim(entry.msg_id);
  }

  async retry(msg_id: string): Promise<void> {
    const { keep, store } = this.#ports;
    const entry = this.#entry(msg_id);
    if (entry?.status !== "failed") return;
    // The server may have deleted uploads that no message referred to.
    entry.files.forEach((_, index) => {
      store.dispatch({ type: "file", msg_id, index, change: { uploaded: undefined, progress: undefined } });
    });
    store.dispatch({ type: "status", msg_id, status: "pending" });
    await this.#save(keep, msg_id);
    this.#claim(msg_id);
  }

  async discard(msg_id: string): Promise<void> {
    this.#ports.store.dispatch({ type: "dropped", msg_id });
    this.#uploads.get(msg_id)?.abort();
    await this.#ports.keep.remove(msg_id);
  }

  /** Sends all entries that can be sent now. */
  flush(): void {
    const topics = new Set(this.#ports.store.state.outbox.get().map((entry) => entry.topic));
    for (const topic of topics) void this.#deliverRoom(topic);
  }

  /** Sends again everything that was in progress on a lost connection. */
  restart(): void {
    for (const msg_id of [...this.#published]) this.#unpublished(msg_id);
    this.flush();
  }

  /** Handles the server's inbox note about a send, for a broker whose acknowledgements do not mean stored. */
  answered(note: Answer): void {
    const entry = note.msg_id === undefined ? undefined : this.#entry(note.msg_id);
    if (entry?.status !== "pending") return;
    if (note.type === "sent") this.#stored(entry.msg_id);
    else this.#fail(entry.msg_id, sentence(note.detail));
    // The entry's room: the note of a refusal contains the topic of the publish instead.
    void this.#deliverRoom(entry.topic);
  }

  #entry(msg_id: string): OutboxEntry | undefined {
    return this.#ports.store.state.outbox.get().find((entry) => entry.msg_id === msg_id);
  }

  async #save(keep: OutboxStore, msg_id: string): Promise<void> {
    const entry = this.#entry(msg_id);
    if (entry) await keep.put(toKeep(entry)).catch(() => {});
  }

  #claim(msg_id: string): void {
    this.#ports.lock(`chinwag:${msg_id}`, () => this.#hold(msg_id));
  }

  /** Holds the lock as long as this tab delivers the entry. */
  #hold(msg_id: string): Promise<void> {
    return new Promise((release) => {
      if (!this.#entry(msg_id)) return release();
      this.#mine.set(msg_id, release);
      this.flush();
    });
  }

  /** Waits until the tab that delivers the entry is finished or closed, then continues with what is left to do. */
  #adopt(msg_id: string): void {
    const { keep, store, lock } = this.#ports;
    lock(`chinwag:${msg_id}`, async () => {
      const left = await keep.get(msg_id);
      if (!left) return store.dispatch({ type: "dropped", msg_id });
      if (left.status === "pending") return this.#hold(msg_id);
      const { status, problem } = left;
      store.dispatch(
        problem === undefined
          ? { type: "status", msg_id, status }
          : { type: "status", msg_id, status, problem },
      );
    });
  }

  #letGo(): void {
    if (this.#mine.size === 0) return;
    const waiting = new Set(this.#ports.store.state.outbox.get().map((entry) => entry.msg_id));
    const gone = [...this.#mine.keys()].filter((msg_id) => !waiting.has(msg_id));
    if (gone.length === 0) return;
    for (const msg_id of gone) {
      this.#release(msg_id);
      void this.#ports.keep.remove(msg_id);
    }
    this.flush();
  }

  #unpublished(msg_id: string): void {
    this.#published.delete(msg_id);
    clearTimeout(this.#unanswered.get(msg_id));
    this.#unanswered.delete(msg_id);
  }

  #release(msg_id: string): void {
    this.#unpublished(msg_id);
    this.#mine.get(msg_id)?.();
    this.#mine.delete(msg_id);
  }

  async #deliverRoom(topic: string): Promise<void> {
    if (this.#roomsAtWork.has(topic)) return;
    this.#roomsAtWork.add(topic);
    try {
      for (let entry = this.#next(topic); entry; entry = this.#next(topic)) {
        if (!(await this.#uploadFiles(entry.msg_id))) break;
        this.#publish(entry.msg_id);
      }
    } finally {
      this.#roomsAtWork.delete(topic);
    }
  }

  #next(topic: string): OutboxEntry | undefined {
    if (!this.#ports.isUp()) return undefined;
    const mine = this.#ports.store.state.outbox
      .get()
      .filter((entry) => entry.topic === topic && entry.status === "pending" && this.#mine.has(entry.msg_id));
    const underWay = mine.some((entry) => this.#published.has(entry.msg_id));
    if (underWay && !this.#ports.storedOnAck()) return undefined;
    return mine.find((entry) => !this.#published.has(entry.msg_id));
  }

  /** Returns false if an upload must be retried later. */
  async #uploadFiles(msg_id: string): Promise<boolean> {
    const { keep, store, upload } = this.#ports;
    const files = this.#entry(msg_id)?.files ?? [];
    const stop = new AbortController();
    this.#uploads.set(msg_id, stop);
    for (const [index, { name, bytes, uploaded }] of files.entries()) {
      if (uploaded || !this.#entry(msg_id)) continue;
      const change = (change: Partial<OutboxFile>) => store.dispatch({ type: "file", msg_id, index, change });
      try {
        change({ progress: 0 });
        const onProgress = (progress: number) => change({ progress });
        const answer = await upload({ name, bytes, onProgress, signal: stop.signal });
        change({ uploaded: answer, progress: undefined });
        await this.#save(keep, msg_id);
      } catch (error) {
        change({ progress: undefined });
        if (stop.signal.aborted) break;
        if (error instanceof Refused) return this.#fail(msg_id, error.message);
        setTimeout(() => this.flush(), UPLOAD_PAUSE);
        return false;
      }
    }
    this.#uploads.delete(msg_id);
    return true;
  }

  #publish(msg_id: string, patience = ANSWER_PATIENCE): void {
    const { store, publish, storedOnAck } = this.#ports;
    const entry = this.#entry(msg_id);
    if (entry?.status !== "pending") return;
    const send: Send = { text: entry.text, msg_id };
    if (entry.quote) send.original_message = entry.quote.seq;
    const attachments = entry.files.flatMap((file) => file.uploaded?.id ?? []);
    if (attachments.length > 0) send.attachments = attachments;
    this.#published.add(msg_id);
    if (!storedOnAck()) this.#awaitAnswer(msg_id, patience);
    void publish(sendTopic(store.state.me.name, entry.topic), JSON.stringify(send), 1).then((outcome) => {
      if (outcome.is === "lost") this.#unpublished(msg_id);
      if (outcome.is === "refused") {
        this.#fail(msg_id, outcome.detail);
        void this.#deliverRoom(entry.topic);
      }
      if (outcome.is === "stored") this.#stored(msg_id);
    });
  }

  /** Repeats the publish with the same key if no answer arrives. */
  #awaitAnswer(msg_id: string, patience: number): void {
    const timer = setTimeout(() => {
      this.#unpublished(msg_id);
      if (this.#ports.isUp()) this.#publish(msg_id, Math.min(patience * 2, ANSWER_PATIENCE_MOST));
    }, patience);
    this.#unanswered.set(msg_id, timer);
  }

  #stored(msg_id: string): void {
    if (!this.#entry(msg_id)) return;
    this.#unpublished(msg_id);
    this.#ports.store.dispatch({ type: "status", msg_id, status: "sent" });
    void this.#ports.keep.remove(msg_id);
    setTimeout(() => {
      if (this.#entry(msg_id)?.status === "sent") this.#ports.store.dispatch({ type: "dropped", msg_id });
    }, ECHO_PATIENCE);
  }

  /** Marks an entry as failed until somebody retries or discards it in any tab. */
  #fail(msg_id: string, problem: string): true {
    const { store, notice } = this.#ports;
    const entry = this.#entry(msg_id);
    if (entry && store.state.session.get().ready && !store.state.rooms.has(entry.topic)) {
      // I am no longer in the room, so the message is shown in a notice and discarded instead of kept invisibly.
      notice(`Not sent to ${entry.topic}: “${inBrief(entry.text)}”. ${problem}`);
      void this.discard(msg_id);
      return true;
    }
    this.#ports.store.dispatch({ type: "status", msg_id, status: "failed", problem });
    void this.#save(this.#ports.keep, msg_id).then(() => this.#release(msg_id));
    return true;
  }
}

/** Texts of others are not stored in the browser, because they may be deleted while no page is open. */
const toKeep = (entry: OutboxEntry): OutboxEntry =>
  entry.quote ? { ...entry, quote: { ...entry.quote, text: "" } } : entry;

const inBrief = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text);
