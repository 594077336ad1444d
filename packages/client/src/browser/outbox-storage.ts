import type { Notice } from "../notice.ts";
import { memoryStorage, type OutboxStorage } from "../outbox/outbox-storage.ts";
import type { OutboxEntry, OutboxFile } from "../state/model.ts";
import { type Database, fileId, openDatabase, type StoredEntry, toStored } from "./database.ts";

/** Milliseconds to wait for the database to open; another page with an older version can block it for ever. */
const DEADLINE = 3_000;

/** The outbox in IndexedDB; if that does not open in time, in memory, with a notice. */
export const openStorage = async (name: string, notice: (notice: Notice) => void): Promise<OutboxStorage> => {
  let blocked = false;
  const storage = new IndexedDbStorage(name, () => {
    blocked = true;
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("late")), DEADLINE);
  });
  try {
    await Promise.race([storage.ready(), late]);
    return storage;
  } catch {
    notice({ type: "not_stored", reason: blocked ? "blocked" : "unavailable" });
    return memoryStorage();
  } finally {
    clearTimeout(timer);
  }
};

class IndexedDbStorage implements OutboxStorage {
  readonly #name: string;
  readonly #blocked: () => void;
  #opened: Promise<Database> | undefined;

  constructor(name: string, blocked: () => void) {
    this.#name = name;
    this.#blocked = blocked;
  }

  async ready(): Promise<void> {
    await this.#open();
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
    const { outbox, files, done } = this.#change(await this.#open());
    for (const [index, { bytes }] of entry.files.entries())
      files.put(bytes, fileId(entry.msg_id, index)).catch(() => {});
    outbox.put(toStored(entry)).catch(() => {});
    await done;
  }

  async update(entry: OutboxEntry): Promise<void> {
    const { outbox, done } = this.#change(await this.#open());
    if ((await outbox.getKey(entry.msg_id)) !== undefined) outbox.put(toStored(entry)).catch(() => {});
    await done;
  }

  async remove(msg_id: string): Promise<void> {
    const { outbox, files, done } = this.#change(await this.#open());
    outbox.delete(msg_id).catch(() => {});
    files.delete(filesOf(msg_id)).catch(() => {});
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
      done: transaction.done,
    };
  }

  /** Opens the database, again if it was closed. */
  #open(): Promise<Database> {
    this.#opened ??= openDatabase(this.#name, {
      blocked: this.#blocked,
      closed: () => {
        this.#opened = undefined;
      },
    });
    return this.#opened;
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
    whole.push({ ...file, bytes });
  }
  return { ...entry, files: whole };
};
