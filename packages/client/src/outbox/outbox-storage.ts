import type { OutboxEntry } from "../state/model.ts";

/**
 * Persistent storage of the outbox. Calls take effect in the order in which they are made, also those that are not
 * awaited.
 */
export interface OutboxStorage {
  all(account: string): Promise<OutboxEntry[]>;
  get(msg_id: string): Promise<OutboxEntry | undefined>;
  /** Stores a new entry and the bytes of its files. */
  add(entry: OutboxEntry): Promise<void>;
  /** Stores a changed entry if it is stored. The bytes of its files never change, but it may have fewer files. */
  update(entry: OutboxEntry): Promise<void>;
  remove(msg_id: string): Promise<void>;
  /** Removes everything of the accounts for which `belongs` is true. */
  wipe(belongs: (account: string) => boolean): Promise<void>;
}

/** An outbox that lasts as long as the page or the process. */
export const memoryOutbox = (): OutboxStorage => {
  const entries = new Map<string, OutboxEntry>();
  return {
    all: async (account) => [...entries.values()].filter((entry) => entry.account === account),
    get: async (msg_id) => entries.get(msg_id),
    add: async (entry) => void entries.set(entry.msg_id, entry),
    update: async (entry) => {
      if (entries.has(entry.msg_id)) entries.set(entry.msg_id, entry);
    },
    remove: async (msg_id) => void entries.delete(msg_id),
    wipe: async (belongs) => {
      for (const { msg_id, account } of [...entries.values()]) if (belongs(account)) entries.delete(msg_id);
    },
  };
};
