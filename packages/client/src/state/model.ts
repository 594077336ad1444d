import type { Account, Attachment, Member, Person, Quote, Room } from "@chinwag/protocol";
import type { Failure } from "../failure.ts";
import type { Change, Entry } from "./message.ts";

/** The state of the connection. `live` also means that everything missed has been fetched. */
export type Connection = "connecting" | "live" | "waiting";

/**
 * A room as this client knows it. Invariant: `events` has every message of the log from `from` to `room.last_seq`, in
 * order and in its state at `room.last_seq`. So a room's state is a fold over its log.
 */
export interface RoomState {
  readonly room: Room;
  readonly events: readonly Entry[];
  /** The first seq that `events` covers; `room.last_seq + 1` when nothing is held. */
  readonly from: number;
  /** The highest known seq. If it is above `room.last_seq`, there is a gap to be filled from the log. */
  readonly head: number;
  /** Read cursors of others, as far as known. */
  readonly reads: Readonly<Record<string, number>>;
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
export interface OutboxFile {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly width?: number;
  readonly height?: number;
  readonly bytes: Blob;
  /** The server's response to the upload. */
  readonly uploaded?: Attachment;
  /** Progress of the upload from 0 to 1. */
  readonly progress?: number;
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

export interface State {
  readonly me: Account;
  readonly connection: Connection;
  /** Whether the rooms have been fetched at least once. */
  readonly ready: boolean;
  readonly rooms: Readonly<Record<string, RoomState>>;
  readonly people: Readonly<Record<string, Person>>;
  /** room → name → expiry time in milliseconds. */
  readonly typing: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly outbox: readonly OutboxEntry[];
  /** The room on screen, whose events are never trimmed. */
  readonly open: string | undefined;
}

export const emptyState = (me: Account): State => ({
  me,
  connection: "connecting",
  ready: false,
  rooms: {},
  people: {},
  typing: {},
  outbox: [],
  open: undefined,
});
