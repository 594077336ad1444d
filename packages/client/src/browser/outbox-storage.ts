import type { OutboxStorage } from "../outbox/outbox-storage.ts";
import type { OutboxEntry, OutboxFile } from "../state/model.ts";
import { type Database, fileId, numberIn, type StoredEntry, toStored } from "./database.ts";

/** The outbox in IndexedDB. */
export class IndexedDbOutbox implements OutboxStorage {
  readonly #open: () => Promise<Database>;

  constructor(open: () => Promise<Database>) {
    this.#open = open;
  }

  async all(account: string): Promise<OutboxEntry[]> {
    const db = await this.#open();
    const stored = await db.getAllFromIndex("outbox", "account", account);
    const entries = await Promise.all(stored.map((entry) => withBytes(db, entry)));
    return entries.filter((entry) => entry !== undefined);
  }

  async get(msg_id: string): Promise<OutboxEntry | undefined> {
    const db = await this.#open();
    const stored = await db.get("outbox", msg_id);
    return stored && withBytes(db, stored);
  }

  async add(entry: OutboxEntry): Promise<void> {
    const { outbox, files, commit, done } = this.#change(await this.#open());
    for (const { bytes, number } of entry.files)
      files.put(bytes, fileId(entry.msg_id, number)).catch(() => {});
    outbox.put(toStored(entry)).catch(() => {});
    commit();
    await done;
  }

  async update(entry: OutboxEntry): Promise<void> {
    const { outbox, files, done } = this.#change(await this.#open());
    const stored = await outbox.get(entry.msg_id);
    if (stored) {
      const now = toStored(entry);
      outbox.put(now).catch(() => {});
      const kept = new Set(now.files.map(({ id }) => id));
      for (const { id } of stored.files) if (!kept.has(id)) files.delete(id).catch(() => {});
    }
    await done;
  }

  async remove(msg_id: string): Promise<void> {
    const { outbox, files, commit, done } = this.#change(await this.#open());
    outbox.delete(msg_id).catch(() => {});
    files.delete(filesOf(msg_id)).catch(() => {});
    commit();
    await done;
  }

  async wipe(belongs: (account: string) => boolean): Promise<void> {
    const { outbox, files, done } = this.#change(await this.#open());
    for (const { account, msg_id } of await outbox.getAll()) {
      if (!belongs(account)) continue;
      outbox.delete(msg_id).catch(() => {});
      files.delete(filesOf(msg_id)).catch(() => {});
    }
    await done;
  }

  /** A transaction over both stores. Its single requests may be left alone: `done` is rejected if one fails. */
  #change(db: Database) {
    const transaction = db.transaction(["outbox", "files"], "readwrite");
    transaction.done.catch(() => {});
    return {
      outbox: transaction.objectStore("outbox"),
      files: transaction.objectStore("files"),
      /** Without it, the page has to live until all requests are answered. */
      commit: () => transaction.commit(),
      done: transaction.done,
    };
  }
}

/** All ids of an entry's files. */
const filesOf = (msg_id: string): IDBKeyRange => IDBKeyRange.bound(`${msg_id}/`, `${msg_id}/\uffff`);

/** An entry with the bytes of its files; undefined if those are missing, as it can't be sent without. */
const withBytes = async (
  db: Database,
  { files, ...entry }: StoredEntry,
): Promise<OutboxEntry | undefined> => {
  const whole: OutboxFile[] = [];
  for (const { id, ...file } of files) {
    const bytes = await db.get("files", id);
    if (!bytes) return undefined;
    whole.push({ ...file, bytes, number: numberIn(id) });
  }
  return { ...entry, files: whole };
};
