import type { OutboxEntry } from "../state/model.ts";
import type { OutboxStorage } from "./outbox-storage.ts";

/**
 * Writes the outbox to its storage. No message waits for a write, and none is stopped by a failed one: if the disk is
 * full, for example, the entry lasts as long as this page. That is told once. The promises are never rejected.
 */
export class Keeper {
  readonly #storage: Promise<OutboxStorage>;
  readonly #failed: () => void;
  #told = false;

  constructor(storage: Promise<OutboxStorage>, failed: () => void) {
    this.#storage = storage;
    this.#failed = failed;
  }

  add(entry: OutboxEntry): Promise<void> {
    return this.#write((storage) => storage.add(toStore(entry)));
  }

  update(entry: OutboxEntry): Promise<void> {
    return this.#write((storage) => storage.update(toStore(entry)));
  }

  remove(msg_id: string): Promise<void> {
    return this.#write((storage) => storage.remove(msg_id));
  }

  wipe(belongs: (account: string) => boolean): Promise<void> {
    return this.#write((storage) => storage.wipe(belongs));
  }

  /** The stored entries of an account; none if they can't be read. */
  async all(account: string): Promise<OutboxEntry[]> {
    return (await this.#storage).all(account).catch(() => []);
  }

  async get(msg_id: string): Promise<OutboxEntry | undefined> {
    return (await this.#storage).get(msg_id);
  }

  async #write(write: (storage: OutboxStorage) => Promise<void>): Promise<void> {
    try {
      await write(await this.#storage);
    } catch {
      if (this.#told) return;
      this.#told = true;
      this.#failed();
    }
  }
}

/** Texts of others are not stored on this device, because they may be deleted while no page is open. */
const toStore = (entry: OutboxEntry): OutboxEntry =>
  entry.quote ? { ...entry, quote: { ...entry.quote, text: "" } } : entry;
