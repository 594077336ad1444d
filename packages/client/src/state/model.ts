import type { Account, Attachment, Member, Person, Quote, Room } from "@chinwag/protocol";
import type { Failure } from "../failure.ts";
import type { Log } from "./log.ts";
import type { Change } from "./message.ts";
import { Cell, Changes, Table } from "./observable.ts";

/** The state of the connection. `live` also means that everything missed has been fetched. */
export type Connection = "connecting" | "live" | "waiting";

/** A room as this client knows it. */
export interface RoomState {
  /** What the list of rooms shows: a fold over the log up to `room.last_seq`. */
  readonly room: Room;
  /** What is held of the log: each message in its state at `applied`. */
  readonly log: Log;
  /** Every event up to this seq is in `log`, as far as its segments reach. */
  readonly applied: number;
  /** The highest known seq. */
  readonly head: number;
  /** Read cursors of others, as far as known. */
  readonly reads: ReadonlyMap<string, number>;
  readonly members: readonly Member[] | undefined;
  readonly recent: RecentChanges;
}

/**
 * The latest changes of messages. They are applied to history that is fetched while they arrive, which may not include
 * them yet.
 */
export interface RecentChanges {
  /** `changes` has every change after this seq. */
  readonly after: number;
  readonly changes: readonly Change[];
}

/** A file to be sent; the browser keeps its bytes until they are uploaded. */
export interface DraftFile {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly width?: number;
  readonly height?: number;
  readonly bytes: Blob;
}

/** A file of a message that is not sent yet. */
export interface OutboxFile extends DraftFile {
  /** Tells it from the other files of its message, also after one was removed. */
  readonly number: number;
  /** The server's response to the upload. */
  readonly uploaded?: Attachment;
  /** When it was uploaded, in milliseconds by this browser's clock. */
  readonly uploaded_at?: number;
  /** Progress of the upload from 0 to 1. */
  readonly progress?: number;
  /** Why the server refused it for good. */
  readonly problem?: Failure;
}

/** A message sent from here that has not come back from the server yet. */
export interface OutboxEntry {
  readonly msg_id: string;
  readonly account: string;
  readonly topic: string;
  readonly text: string;
  readonly quote?: Quote;
  readonly files: readonly OutboxFile[];
  /** Milliseconds, by this browser's clock. */
  readonly created_at: number;
  /** `sent`: acknowledged, so stored; its event has not arrived yet. */
  readonly status: "pending" | "sent" | "failed";
  /** Why it failed; of a pending one, why it has to wait. */
  readonly problem?: Failure;
  /** It was published at least once without a refusal, so the server may have it. */
  readonly tried?: boolean;
}

/** A message that is being written. */
export interface Draft {
  readonly text: string;
  readonly files: readonly DraftFile[];
  /** The message that it answers. */
  readonly quote?: Quote | undefined;
  /** The number of file selections that are still being read; a message sent meanwhile would lack them. */
  readonly reading: number;
  /** Why it can't be sent as it is. */
  readonly problem?: DraftProblem | undefined;
}

export type DraftProblem =
  | { readonly code: "too_long"; readonly over: number }
  | { readonly code: "too_many_files"; readonly most: number }
  | { readonly code: "files_too_large"; readonly names: readonly string[] }
  | { readonly code: "files_empty"; readonly names: readonly string[] };

/** What there is one of. */
export interface Session {
  /** Whether I am an administrator of the server. */
  readonly admin: boolean;
  readonly connection: Connection;
  /** Whether the rooms have been fetched at least once. */
  readonly ready: boolean;
  /** Whether there are rooms from an earlier visit, which may be outdated. */
  readonly restored: boolean;
  /** The rooms on screen, the one opened last at the end: their logs are kept complete up to their ends. */
  readonly open: readonly string[];
}

/** The state of the client. Everything keyed by a name is in a table: names are chosen by others. */
export class State {
  readonly me: Account;
  readonly changes: Changes;
  readonly session: Cell<Session>;
  readonly rooms: Table<RoomState>;
  readonly people: Table<Person>;
  /** room → name → expiry time in milliseconds. */
  readonly typing: Table<ReadonlyMap<string, number>>;
  readonly outbox: Cell<readonly OutboxEntry[]>;
  /** By room. */
  readonly drafts: Table<Draft>;

  constructor(me: Account) {
    this.me = me;
    this.changes = new Changes();
    this.session = new Cell<Session>(this.changes, {
      admin: me.admin,
      connection: "connecting",
      ready: false,
      restored: false,
      open: [],
    });
    this.rooms = new Table(this.changes);
    this.people = new Table(this.changes);
    this.typing = new Table(this.changes);
    this.outbox = new Cell<readonly OutboxEntry[]>(this.changes, []);
    this.drafts = new Table(this.changes);
  }
}
