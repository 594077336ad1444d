import type { Person } from "@chinwag/protocol";
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB, type StoreNames } from "idb";
import type { StoredDraft, StoredLog, StoredRoom } from "../cache/cache-storage.ts";
import type { DraftFile, OutboxEntry, OutboxFile } from "../state/model.ts";

/** An entry as it is stored: the bytes of its files are in another store, under the file's id. */
export interface StoredEntry extends Omit<OutboxEntry, "files"> {
  readonly files: readonly StoredFile[];
}

/** Its number is in its id. */
export interface StoredFile extends Omit<OutboxFile, "bytes" | "number"> {
  readonly id: string;
}

export interface Schema extends DBSchema {
  outbox: { key: string; value: StoredEntry; indexes: { account: string } };
  files: { key: string; value: Blob };
  // What is shown before the server answers, of each account apart.
  rooms: { key: InRoom; value: Owned<StoredRoom> };
  logs: { key: InRoom; value: Owned<StoredLog> };
  drafts: { key: InRoom; value: Owned<StoredDraft> };
  people: { key: string; value: readonly Person[] };
}

export type InRoom = [account: string, topic: string];
export type Owned<T> = T & { readonly account: string };

export type Database = IDBPDatabase<Schema>;

/** Increase it with every change of the schema, and migrate below. */
const VERSION = 3;

export const fileId = (msg_id: string, number: number): string => `${msg_id}/${number}`;

export const numberIn = (id: string): number => Number(id.slice(id.lastIndexOf("/") + 1));

/** The stored form of an entry. */
export const toStored = ({ files, ...entry }: OutboxEntry): StoredEntry => ({
  ...entry,
  files: files.map(({ bytes: _, progress: __, number, ...file }) => ({
    ...file,
    id: fileId(entry.msg_id, number),
  })),
});

interface Handlers {
  /** Called when a page with an older version keeps the database open. */
  blocked(): void;
  /** Called when the database is closed: by the browser, or so that another page can change its version. */
  closed(): void;
}

/** Opens the database and migrates it if needed; this waits for other pages to close an older version. */
export const openDatabase = (name: string, handlers: Handlers): Promise<Database> => {
  return openDB<Schema>(name, VERSION, {
    upgrade: (db, from, _to, transaction) => {
      if (from < 1) db.createObjectStore("outbox", { keyPath: "msg_id" }).createIndex("account", "account");
      if (from < 2) db.createObjectStore("files");
      if (from < 3) {
        for (const name of ["rooms", "logs", "drafts"] as const)
          db.createObjectStore(name, { keyPath: ["account", "topic"] });
        db.createObjectStore("people");
      }
      if (from === 1) return void moveFiles(transaction);
    },
    blocked: handlers.blocked,
    // A newer version of this client waits for this page.
    blocking: (_current, _wanted, event) => {
      (event.target as IDBDatabase).close();
      handlers.closed();
    },
    terminated: handlers.closed,
  });
};

/** An entry of version 1, which held the bytes of its files and its problem in words. */
type FirstEntry = Omit<OutboxEntry, "problem" | "files"> & {
  readonly problem?: string;
  readonly files: readonly DraftFile[];
};

const moveFiles = async (
  transaction: IDBPTransaction<Schema, StoreNames<Schema>[], "versionchange">,
): Promise<void> => {
  const outbox = transaction.objectStore("outbox");
  const files = transaction.objectStore("files");
  for (const stored of await outbox.getAll()) {
    const { problem, ...first } = stored as unknown as FirstEntry;
    const entry = { ...first, files: first.files.map((file, number) => ({ ...file, number })) };
    for (const { bytes, number } of entry.files) void files.put(bytes, fileId(entry.msg_id, number));
    void outbox.put(
      toStored(
        problem === undefined ? entry : { ...entry, problem: { code: "unexpected", detail: problem } },
      ),
    );
  }
};
