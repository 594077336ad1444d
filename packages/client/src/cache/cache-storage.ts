import type { Person, Room } from "@chinwag/protocol";
import type { Segment } from "../state/log.ts";
import type { Entry } from "../state/message.ts";
import type { Draft } from "../state/model.ts";

/** A room as it is stored, without its log. */
export interface StoredRoom {
  readonly topic: string;
  readonly room: Room;
  readonly applied: number;
  readonly head: number;
  readonly reads: readonly (readonly [name: string, seq: number])[];
  /** My read cursor, if the server may not know it yet. */
  readonly unsent_read?: number;
}

/** The newest part of a room's log. It belongs to the stored room with the same `applied`. */
export interface StoredLog {
  readonly topic: string;
  readonly applied: number;
  readonly segment: Segment;
  readonly entries: readonly Entry[];
}

export interface StoredDraft extends Pick<Draft, "text" | "files" | "quote"> {
  readonly topic: string;
}

/** What the first screen is drawn from. */
export interface Restored {
  readonly rooms: readonly StoredRoom[];
  readonly people: readonly Person[];
  readonly drafts: readonly StoredDraft[];
  /** The log of the room that is opened first. */
  readonly log: StoredLog | undefined;
}

/** Changes of the cache; what is left out stays as it is. */
export interface CacheChanges {
  readonly rooms?: readonly StoredRoom[];
  readonly logs?: readonly StoredLog[];
  /** Rooms to be removed, with their logs. */
  readonly goneRooms?: readonly string[];
  /** Rooms whose log is to be removed. */
  readonly goneLogs?: readonly string[];
  readonly people?: readonly Person[];
  readonly drafts?: readonly StoredDraft[];
  /** Rooms whose draft is to be removed. */
  readonly goneDrafts?: readonly string[];
}

/**
 * Persistent storage of what is shown before the server answers, and of what is being written. Calls take effect in the
 * order in which they are made, also those that are not awaited.
 */
export interface CacheStorage {
  /** Reads what the first screen needs; `first` is the room that is opened. */
  load(account: string, first: string | undefined): Promise<Restored>;
  /** Reads the logs of all rooms. */
  logs(account: string): Promise<StoredLog[]>;
  write(account: string, changes: CacheChanges): Promise<void>;
  /** Removes everything of the accounts for which `belongs` is true. */
  wipe(belongs: (account: string) => boolean): Promise<void>;
}

/** Keeps nothing: the state itself lasts as long as the page or the process. */
export const noCache = (): CacheStorage => ({
  load: async () => ({ rooms: [], people: [], drafts: [], log: undefined }),
  logs: async () => [],
  write: async () => {},
  wipe: async () => {},
});
