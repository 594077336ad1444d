import type { Send } from "@chinwag/protocol";
import { sendTopic } from "@chinwag/protocol";
import type { Media } from "../api/media.ts";
import type { Outcome } from "../connection/outcome.ts";
import { Failed, type Failure, failureOf, isTemporary, Refused } from "../failure.ts";
import type { Notice } from "../notice.ts";
import type { Ports } from "../ports.ts";
import type { OutboxEntry } from "../state/model.ts";
import type { Answer } from "../sync/sync.ts";
import { Keeper } from "./keeper.ts";
import type { OutboxState } from "./outbox-state.ts";
import type { OutboxStorage } from "./outbox-storage.ts";
import type { Outgoing } from "./outgoing.ts";
import { Ownership } from "./ownership.ts";
import { Pauses } from "./pauses.ts";
import { Uploads } from "./uploads.ts";
import { uuid } from "./uuid.ts";

/** What the sender works with. */
export interface Parts extends Pick<Ports, "lock" | "now" | "random"> {
  readonly outbox: OutboxState;
  /** Once it is open. */
  readonly storage: Promise<OutboxStorage>;
  isUp(): boolean;
  /**
   * Whether the broker acknowledges only stored messages. If not, its acknowledgement is ignored: see {@link Sender}.
   */
  storedOnAck(): boolean;
  publish(topic: string, payload: string, qos: 1): Promise<Outcome>;
  readonly upload: Media["upload"];
  notice(notice: Notice): void;
  /** Called when I am no longer signed in. */
  signedOut(error: Refused): void;
}

/**
 * Milliseconds without an answer after which a send is repeated, if acknowledged does not mean stored; doubles each
 * time.
 */
const ANSWER_PATIENCE = 8_000;
const ANSWER_PATIENCE_MOST = 64_000;
/** Milliseconds to wait for older entries, which another tab may be delivering. */
const ADOPTION_PATIENCE = 500;
/** Milliseconds after which a stored entry is removed: the event of a message stored long ago does not come again. */
const ECHO_PATIENCE = 10_000;

/**
 * Delivers the outbox. Each entry is delivered by one tab, which holds a lock named after its `msg_id`; another tab
 * takes over when that tab is closed. A repeated send does no harm, because the server deduplicates by `msg_id`. Within
 * a room, entries are sent in the order they were written.
 *
 * A failure that may pass, such as a busy server, makes the room pause; the entry stays pending and has the reason. Only
 * a lasting refusal ends as failed, until somebody retries or discards it.
 *
 * If the broker's acknowledgement does not mean stored, an entry counts as sent when its `msg_id` comes back, in an
 * inbox note or with its event. Until then nothing else is sent to that room: several servers may share the sends, so
 * this is the only way to keep the order.
 */
export class Sender {
  readonly #parts: Parts;
  readonly #keeper: Keeper;
  readonly #uploads: Uploads;
  readonly #pauses: Pauses;
  readonly #mine: Ownership;
  readonly #published = new Set<string>();
  /** Timers of published entries that have no answer yet. */
  readonly #unanswered = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #echoes = new Set<ReturnType<typeof setTimeout>>();
  readonly #roomsAtWork = new Set<string>();
  readonly #unsubscribe: () => void;
  /** Nothing is sent before older entries are known, because they come first. */
  #isLoading = false;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#keeper = new Keeper(parts.storage, () =>
      parts.notice({ type: "not_stored", reason: "write_failed" }),
    );
    this.#mine = new Ownership({ ...parts, keeper: this.#keeper, owned: () => this.flush() });
    this.#uploads = new Uploads({ ...parts, keeper: this.#keeper });
    this.#pauses = new Pauses(parts.random, (topic) => void this.#deliverRoom(topic));
    this.#unsubscribe = parts.outbox.subscribe(() => this.#letGo());
  }

  stop(): void {
    this.#isStopped = true;
    this.#unsubscribe();
    this.#uploads.stop();
    this.#pauses.skipAll();
    for (const timer of [...this.#unanswered.values(), ...this.#echoes, this.#patience]) clearTimeout(timer);
    this.#mine.stop();
  }

  /** Loads the entries that an earlier page left behind; what others left in this browser is deleted. */
  async load(): Promise<void> {
    const { outbox } = this.#parts;
    this.#isLoading = true;
    void this.#keeper.wipe((account) => account !== outbox.me);
    const entries = await this.#keeper.all(outbox.me);
    if (this.#isStopped) return;
    outbox.dispatch({ type: "queued", entries });
    const left = entries.filter(({ status }) => status !== "failed");
    void this.#waitFor(left.map(({ msg_id }) => this.#mine.adopt(msg_id)));
  }

  /** Begins to send when older entries are this tab's, or when another tab seems to deliver them. */
  async #waitFor(adopted: readonly Promise<void>[]): Promise<void> {
    const late = new Promise<void>((resolve) => {
      this.#patience = setTimeout(resolve, ADOPTION_PATIENCE);
    });
    await Promise.race([Promise.all(adopted), late]);
    clearTimeout(this.#patience);
    this.#isLoading = false;
    this.flush();
  }

  /** Deletes everything that waits, here and in the storage. */
  async forget(): Promise<void> {
    const { outbox } = this.#parts;
    for (const { msg_id } of outbox.entries()) {
      this.#uploads.cancel(msg_id);
      outbox.dispatch({ type: "dropped", msg_id });
    }
    await this.#keeper.wipe((account) => account === outbox.me);
  }

  /** Sends a message, as soon as that is possible; returns its `msg_id`. */
  say({ topic, text, quote, files = [] }: Outgoing): string {
    const { outbox, now } = this.#parts;
    const msg_id = uuid();
    const base = {
      msg_id,
      account: outbox.me,
      topic,
      text,
      files: files.map((file, number) => ({ ...file, number })),
      created_at: now(),
      status: "pending",
    } as const;
    const entry: OutboxEntry = quote ? { ...base, quote } : base;
    outbox.dispatch({ type: "queued", entries: [entry] });
    void this.#keeper.add(entry);
    this.#mine.claim(msg_id);
    return msg_id;
  }

  /** Tries again now what failed or waits for its next attempt. */
  retry(msg_id: string): void {
    const { outbox } = this.#parts;
    const entry = this.#entry(msg_id);
    if (!entry) return;
    // If no file was refused, the message was, perhaps because the server no longer has an upload.
    const isAnew = entry.status === "failed" && !entry.files.some(({ problem }) => problem);
    for (const { number } of entry.files) {
      const change = { problem: undefined, ...(isAnew && { uploaded: undefined }) };
      outbox.dispatch({ type: "file", msg_id, number, change });
    }
    this.#again(entry);
  }

  /** Tries again now to upload a file that was refused; the message is sent once it has no refused file left. */
  retryFile(msg_id: string, number: number): void {
    const entry = this.#entry(msg_id);
    if (!entry?.files.find((file) => file.number === number)?.problem) return;
    this.#parts.outbox.dispatch({ type: "file", msg_id, number, change: { problem: undefined } });
    this.#again(entry);
  }

  /**
   * Removes a file from a message that is not sent yet; false if the server may have the message already, or if another tab
   * is delivering it. A message that failed because of this file alone is sent without it; one that has nothing else is
   * discarded.
   */
  removeFile(msg_id: string, number: number): boolean {
    const entry = this.#entry(msg_id);
    const file = entry?.files.find((file) => file.number === number);
    if (!entry || !file || entry.status === "sent" || entry.tried) return false;
    if (entry.status === "pending" && !this.#mine.has(msg_id)) return false;
    if (entry.files.length === 1 && entry.text === "") {
      this.discard(msg_id);
      return true;
    }
    this.#uploads.cancel(msg_id, number);
    this.#parts.outbox.dispatch({ type: "file_removed", msg_id, number });
    const isMended = file.problem && !entry.files.some((other) => other !== file && other.problem);
    void this.#update(msg_id);
    if (isMended || entry.status === "pending") this.#again(entry);
    return true;
  }

  #again({ msg_id, topic, status }: OutboxEntry): void {
    if (status === "failed") {
      this.#parts.outbox.dispatch({ type: "status", msg_id, status: "pending" });
      void this.#update(msg_id);
      this.#mine.claim(msg_id);
    } else if (status === "pending") {
      this.#pauses.skip(topic);
      void this.#deliverRoom(topic);
    }
  }

  /** Deletes a message that is not sent yet. The server may have it already, if it was tried. */
  discard(msg_id: string): void {
    this.#uploads.cancel(msg_id);
    this.#parts.outbox.dispatch({ type: "dropped", msg_id });
    void this.#keeper.remove(msg_id);
  }

  /** Changes the text of a message that waits or failed; false if the server may have it already. */
  edit(msg_id: string, text: string): boolean {
    const entry = this.#entry(msg_id);
    if (!entry || entry.status === "sent" || entry.tried) return false;
    this.#parts.outbox.dispatch({ type: "entry", msg_id, change: { text } });
    void this.#update(msg_id);
    return true;
  }

  /** Resolves when the message is stored, or discarded; rejects if it is refused. */
  delivered(msg_id: string): Promise<void> {
    const { outbox } = this.#parts;
    return new Promise((resolve, reject) => {
      const look = (): boolean => {
        const entry = this.#entry(msg_id);
        if (entry?.status === "pending") return false;
        if (entry?.status === "failed") reject(new Failed(entry.problem ?? { code: "unexpected" }));
        else resolve();
        return true;
      };
      if (look()) return;
      const unsubscribe = outbox.subscribe(() => {
        if (look()) unsubscribe();
      });
    });
  }

  /** Sends all entries that can be sent now. */
  flush(): void {
    const topics = new Set(this.#parts.outbox.entries().map((entry) => entry.topic));
    for (const topic of topics) void this.#deliverRoom(topic);
  }

  /** Sends again everything that was in progress on a lost connection. */
  restart(): void {
    for (const msg_id of [...this.#published]) this.#unpublished(msg_id);
    this.#pauses.skipAll();
    this.flush();
  }

  /** Handles the server's inbox note about a send, for a broker whose acknowledgements do not mean stored. */
  answered(note: Answer): void {
    const entry = note.msg_id === undefined ? undefined : this.#entry(note.msg_id);
    if (entry?.status !== "pending") return;
    if (note.type === "sent") this.#stored(entry.msg_id);
    else this.#refused(entry.msg_id, note);
    // The entry's room: the note of a refusal contains the topic of the publish instead.
    void this.#deliverRoom(entry.topic);
  }

  #entry(msg_id: string): OutboxEntry | undefined {
    return this.#parts.outbox.entries().find((entry) => entry.msg_id === msg_id);
  }

  async #update(msg_id: string): Promise<void> {
    const entry = this.#entry(msg_id);
    if (entry) await this.#keeper.update(entry);
  }

  /** Lets go of entries that came back from the server or were discarded. */
  #letGo(): void {
    const mine = this.#mine.ids();
    if (mine.length === 0) return;
    const waiting = new Set(this.#parts.outbox.entries().map((entry) => entry.msg_id));
    const gone = mine.filter((msg_id) => !waiting.has(msg_id));
    if (gone.length === 0) return;
    for (const msg_id of gone) this.#release(msg_id, this.#keeper.remove(msg_id));
    this.flush();
  }

  #unpublished(msg_id: string): void {
    this.#published.delete(msg_id);
    clearTimeout(this.#unanswered.get(msg_id));
    this.#unanswered.delete(msg_id);
  }

  #release(msg_id: string, written: Promise<void>): void {
    this.#unpublished(msg_id);
    this.#mine.release(msg_id, written);
  }

  async #deliverRoom(topic: string): Promise<void> {
    if (this.#roomsAtWork.has(topic)) return;
    this.#roomsAtWork.add(topic);
    try {
      for (let entry = this.#next(topic); entry; entry = this.#next(topic)) {
        if (await this.#uploadFiles(entry.msg_id)) this.#publish(entry.msg_id);
      }
    } finally {
      this.#roomsAtWork.delete(topic);
    }
  }

  #next(topic: string): OutboxEntry | undefined {
    if (this.#isLoading || this.#isStopped || !this.#parts.isUp() || this.#pauses.has(topic))
      return undefined;
    const mine = this.#parts.outbox
      .entries()
      .filter((entry) => entry.topic === topic && entry.status === "pending" && this.#mine.has(entry.msg_id));
    const underWay = mine.some((entry) => this.#published.has(entry.msg_id));
    if (underWay && !this.#parts.storedOnAck()) return undefined;
    return mine.find((entry) => !this.#published.has(entry.msg_id));
  }

  /** Returns whether all files are uploaded. */
  async #uploadFiles(msg_id: string): Promise<boolean> {
    try {
      await this.#uploads.run(msg_id);
      const entry = this.#entry(msg_id);
      const refused = entry?.files.find(({ problem }) => problem)?.problem;
      if (refused) this.#fail(msg_id, refused);
      return entry !== undefined && this.#uploads.isDone(entry);
    } catch (error) {
      if (error instanceof Refused && error.status === 401) {
        this.#later(msg_id, failureOf(error));
        this.#parts.signedOut(error);
      } else {
        this.#refused(msg_id, failureOf(error));
      }
      return false;
    }
  }

  #publish(msg_id: string, patience = ANSWER_PATIENCE): void {
    const { outbox, publish, storedOnAck } = this.#parts;
    const entry = this.#entry(msg_id);
    if (entry?.status !== "pending" || this.#isStopped) return;
    const send: Send = { text: entry.text, msg_id };
    if (entry.quote) send.original_message = entry.quote.seq;
    const attachments = entry.files.flatMap((file) => file.uploaded?.id ?? []);
    if (attachments.length > 0) send.attachments = attachments;
    this.#published.add(msg_id);
    if (!storedOnAck()) this.#awaitAnswer(msg_id, patience);
    if (!entry.tried) {
      outbox.dispatch({ type: "entry", msg_id, change: { tried: true } });
      void this.#update(msg_id);
    }
    void publish(sendTopic(outbox.me, entry.topic), JSON.stringify(send), 1).then((outcome) => {
      if (outcome.is === "lost") this.#unpublished(msg_id);
      if (outcome.is === "refused") {
        this.#refused(msg_id, outcome.failure);
        void this.#deliverRoom(entry.topic);
      }
      if (outcome.is === "stored") this.#stored(msg_id);
    });
  }

  /** Repeats the publish with the same key if no answer arrives. */
  #awaitAnswer(msg_id: string, patience: number): void {
    const timer = setTimeout(() => {
      this.#unpublished(msg_id);
      if (this.#parts.isUp()) this.#publish(msg_id, Math.min(patience * 2, ANSWER_PATIENCE_MOST));
    }, patience);
    this.#unanswered.set(msg_id, timer);
  }

  #stored(msg_id: string): void {
    const entry = this.#entry(msg_id);
    if (!entry) return;
    this.#unpublished(msg_id);
    this.#pauses.reset(entry.topic);
    this.#parts.outbox.dispatch({ type: "status", msg_id, status: "sent" });
    void this.#keeper.remove(msg_id);
    const timer = setTimeout(() => {
      this.#echoes.delete(timer);
      if (this.#entry(msg_id)?.status === "sent") this.#parts.outbox.dispatch({ type: "dropped", msg_id });
    }, ECHO_PATIENCE);
    this.#echoes.add(timer);
  }

  #refused(msg_id: string, { code, params, detail }: Failure): void {
    const failure: Failure = { code, ...(params && { params }), ...(detail !== undefined && { detail }) };
    if (isTemporary(failure)) this.#later(msg_id, failure);
    else this.#fail(msg_id, failure);
  }

  /** Leaves an entry pending, with the reason, and tries its room again after a pause. */
  #later(msg_id: string, problem: Failure): void {
    const entry = this.#entry(msg_id);
    if (!entry) return;
    this.#unpublished(msg_id);
    this.#parts.outbox.dispatch({ type: "entry", msg_id, change: { problem, tried: false } });
    const seconds = Number(problem.params?.seconds ?? 0);
    this.#pauses.begin(entry.topic, Number.isFinite(seconds) ? seconds * 1_000 : 0);
  }

  /** Marks an entry as failed until somebody retries or discards it in any tab. */
  #fail(msg_id: string, problem: Failure): void {
    const { outbox, notice } = this.#parts;
    const entry = this.#entry(msg_id);
    if (!entry) return;
    outbox.dispatch({ type: "entry", msg_id, change: { tried: false } });
    outbox.dispatch({ type: "status", msg_id, status: "failed", problem });
    this.#release(msg_id, this.#update(msg_id));
    // No room shows it, so it is told.
    if (outbox.isGone(entry.topic))
      notice({ type: "not_sent", msg_id, topic: entry.topic, text: entry.text, ...problem });
  }
}
