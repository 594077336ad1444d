import type { Media } from "../api/media.ts";
import { failureOf, isTemporary } from "../failure.ts";
import type { OutboxEntry, OutboxFile } from "../state/model.ts";
import type { FileChange } from "../state/outbox.ts";
import type { Keeper } from "./keeper.ts";
import type { OutboxState } from "./outbox-state.ts";

interface Parts {
  readonly outbox: OutboxState;
  readonly keeper: Keeper;
  readonly upload: Media["upload"];
  now(): number;
}

/** Milliseconds after which an upload is made again: the server deletes those that no message refers to after a day. */
const UPLOAD_LASTS = 12 * 60 * 60 * 1000;

/** Uploads the files of entries, each entry's one after the other. */
export class Uploads {
  readonly #parts: Parts;
  /** By entry, the file that is being uploaded. */
  readonly #running = new Map<string, { number: number; stop: AbortController }>();
  #isStopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Uploads what is not uploaded yet. A file that is refused for good gets its problem, and the others go on. Rejects with
   * a failure that may pass, or that ends the session.
   */
  async run(msg_id: string): Promise<void> {
    for (let file = this.#next(msg_id); file; file = this.#next(msg_id)) await this.#upload(msg_id, file);
  }

  /** Whether the server has all files of an entry. */
  isDone({ files }: OutboxEntry): boolean {
    return files.every((file) => this.#isUploaded(file));
  }

  /** Stops the upload of one file, or of whichever file of the entry is being uploaded. */
  cancel(msg_id: string, number?: number): void {
    const running = this.#running.get(msg_id);
    if (running && (number === undefined || running.number === number)) running.stop.abort();
  }

  stop(): void {
    this.#isStopped = true;
    for (const { stop } of this.#running.values()) stop.abort();
  }

  #isUploaded({ uploaded, uploaded_at = 0 }: OutboxFile): boolean {
    return uploaded !== undefined && this.#parts.now() - uploaded_at < UPLOAD_LASTS;
  }

  #entry(msg_id: string): OutboxEntry | undefined {
    return this.#parts.outbox.entries().find((entry) => entry.msg_id === msg_id);
  }

  /** Looks at the entry anew each time: files may be removed or tried again meanwhile. */
  #next(msg_id: string): OutboxFile | undefined {
    if (this.#isStopped) return undefined;
    return this.#entry(msg_id)?.files.find((file) => !file.problem && !this.#isUploaded(file));
  }

  async #upload(msg_id: string, { number, name, bytes }: OutboxFile): Promise<void> {
    const { outbox, keeper, upload, now } = this.#parts;
    const change = (change: FileChange) => outbox.dispatch({ type: "file", msg_id, number, change });
    const stop = new AbortController();
    this.#running.set(msg_id, { number, stop });
    change({ progress: 0 });
    try {
      const onProgress = (progress: number) => change({ progress });
      const uploaded = await upload({ name, bytes, onProgress, signal: stop.signal });
      change({ uploaded, uploaded_at: now(), progress: undefined });
    } catch (error) {
      change({ progress: undefined });
      if (stop.signal.aborted) return;
      const problem = failureOf(error);
      if (isTemporary(problem) || problem.code === "not_authenticated") throw error;
      change({ problem });
    } finally {
      this.#running.delete(msg_id);
    }
    const entry = this.#entry(msg_id);
    if (entry) void keeper.update(entry);
  }
}
