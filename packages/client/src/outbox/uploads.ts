import type { Media } from "../api/media.ts";
import type { OutboxEntry, OutboxFile } from "../state/model.ts";
import type { Keeper } from "./keeper.ts";
import type { OutboxState } from "./outbox-state.ts";

interface Parts {
  readonly outbox: OutboxState;
  readonly keeper: Keeper;
  readonly upload: Media["upload"];
}

/** Uploads the files of entries, each entry's one after the other. */
export class Uploads {
  readonly #parts: Parts;
  readonly #running = new Map<string, AbortController>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Uploads what is not uploaded yet; rejects with the first failure. Resolves early when it is cancelled. */
  async run(msg_id: string): Promise<void> {
    const stop = new AbortController();
    this.#running.set(msg_id, stop);
    try {
      for (const index of this.#entry(msg_id)?.files.keys() ?? []) {
        if (!stop.signal.aborted) await this.#upload(msg_id, index, stop.signal);
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    } finally {
      this.#running.delete(msg_id);
    }
  }

  cancel(msg_id: string): void {
    this.#running.get(msg_id)?.abort();
  }

  cancelAll(): void {
    for (const stop of this.#running.values()) stop.abort();
  }

  #entry(msg_id: string): OutboxEntry | undefined {
    return this.#parts.outbox.entries().find((entry) => entry.msg_id === msg_id);
  }

  async #upload(msg_id: string, index: number, signal: AbortSignal): Promise<void> {
    const { outbox, keeper, upload } = this.#parts;
    const file = this.#entry(msg_id)?.files[index];
    if (!file || file.uploaded) return;
    const change = (change: Partial<OutboxFile>) => outbox.dispatch({ type: "file", msg_id, index, change });
    change({ progress: 0 });
    try {
      const onProgress = (progress: number) => change({ progress });
      const uploaded = await upload({ name: file.name, bytes: file.bytes, onProgress, signal });
      change({ uploaded, progress: undefined });
    } catch (error) {
      change({ progress: undefined });
      throw error;
    }
    const entry = this.#entry(msg_id);
    if (entry) void keeper.update(entry);
  }
}
