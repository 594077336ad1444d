import { type DBSchema, openDB } from "idb";
import { keptAs } from "../api/address.ts";
import type { OutboxEntry } from "../state/model.ts";

/** Persistent storage of the outbox. */
export interface OutboxStore {
  all(account: string): Promise<OutboxEntry[]>;
  get(msg_id: string): Promise<OutboxEntry | undefined>;
  put(entry: OutboxEntry): Promise<void>;
  remove(msg_id: string): Promise<void>;
}

interface Schema extends DBSchema {
  outbox: { key: string; value: OutboxEntry; indexes: { account: string } };
}

/** Stores the outbox in IndexedDB, which can store files too. */
export const browserOutbox = (): OutboxStore => {
  const opened = openDB<Schema>(keptAs("chinwag"), 1, {
    upgrade: (db) => {
      db.createObjectStore("outbox", { keyPath: "msg_id" }).createIndex("account", "account");
    },
  });
  return {
    all: async (account) => (await opened).getAllFromIndex("outbox", "account", account),
    get: async (msg_id) => (await opened).get("outbox", msg_id),
    put: async (entry) => void (await (await opened).put("outbox", entry)),
    remove: async (msg_id) => (await opened).delete("outbox", msg_id),
  };
};

/** For a browser without storage (some private windows): the outbox lasts as long as the page. */
export const memoryOutbox = (): OutboxStore => {
  const entries = new Map<string, OutboxEntry>();
  return {
    all: async (account) => [...entries.values()].filter((entry) => entry.account === account),
    get: async (msg_id) => entries.get(msg_id),
    put: async (entry) => void entries.set(entry.msg_id, entry),
    remove: async (msg_id) => void entries.delete(msg_id),
  };
};

/** Opens IndexedDB if it works, otherwise memory. */
export const openOutbox = async (): Promise<OutboxStore> => {
  try {
    const store = browserOutbox();
    await store.all("");
    return store;
  } catch {
    return memoryOutbox();
  }
};
