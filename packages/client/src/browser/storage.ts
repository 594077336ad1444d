import { memoryStorage } from "../default-ports.ts";
import type { Notice } from "../notice.ts";
import type { Storage } from "../ports.ts";
import { IndexedDbCache } from "./cache-storage.ts";
import { type Database, openDatabase } from "./database.ts";
import { IndexedDbOutbox } from "./outbox-storage.ts";

/** Milliseconds to wait for the database to open; another page with an older version can block it for ever. */
const DEADLINE = 3_000;

/** The storage in IndexedDB; if that does not open in time, in memory, with a notice. */
export const openStorage = async (name: string, notice: (notice: Notice) => void): Promise<Storage> => {
  let blocked = false;
  let opened: Promise<Database> | undefined;
  /** Opens the database, again if it was closed. */
  const open = (): Promise<Database> => {
    opened ??= openDatabase(name, {
      blocked: () => {
        blocked = true;
      },
      closed: () => {
        opened = undefined;
      },
    });
    return opened;
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("late")), DEADLINE);
  });
  try {
    await Promise.race([open(), late]);
    return { outbox: new IndexedDbOutbox(open), cache: new IndexedDbCache(open) };
  } catch {
    notice({ type: "not_stored", reason: blocked ? "blocked" : "unavailable" });
    return memoryStorage();
  } finally {
    clearTimeout(timer);
  }
};
