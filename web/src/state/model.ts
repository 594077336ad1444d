import type { Account, Attachment, Member, Person, Quote, Room } from "../protocol/types.gen";
import type { Change, Entry } from "./message";

/** Where the connection stands. `live` also means: everything missed has been asked for. */
export type Connection = "connecting" | "live" | "waiting";

/**
 * A room as this client knows it. One rule holds everywhere: `events` has every message of the log from
 * `from` up to `room.last_seq`, in order and as it stands after `room.last_seq`, so that a room's state is a fold over
 * its log.
 */
export interface RoomState {
  readonly room: Room;
  readonly events: readonly Entry[];
  /** The first seq that `events` covers; `room.last_seq + 1` when nothing is held. */
  readonly from: number;
  /** The highest seq heard of. Above `room.last_seq` there is a gap, to be filled from the log. */
  readonly head: number;
  /** Others' read cursors, as far as they were heard of. */
  readonly reads: Readonly<Record<string, number>>;
  readonly members: readonly Member[] | undefined;
  readonly recent: RecentChanges;
}

/**
 * The latest changes of messages. History that is under way while one arrives comes without it: it is applied to what
 * comes.
 */
export interface RecentChanges {
  /** Every change after this seq is here. */
  readonly after: number;
  readonly changes: readonly Change[];
}

/** A file waiting to be sent: its bytes stay in the browser until the server has them. */
export interface OutboxFile {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly width?: number;
  readonly height?: number;
  readonly bytes: Blob;
  /** What the server answered once it had the bytes. */
  readonly uploaded?: Attachment;
  /** 0 to 1, while under way. */
  readonly progress?: number;
}

/** Something said here that has not come back from the server yet. */
export interface OutboxEntry {
  readonly msg_id: string;
  readonly account: string;
  readonly topic: string;
  readonly text: string;
  readonly quote?: Quote;
  readonly files: readonly OutboxFile[];
  /** Milliseconds, this browser's clock. */
  readonly created_at: number;
  /** `sent`: acknowledged, so on disk there; its event is on the way. */
  readonly status: "pending" | "sent" | "failed";
  /** Why it failed, in words for a person. */
  readonly problem?: string;
}

export interface State {
  readonly me: Account;
  readonly connection: Connection;
  /** The rooms have been fetched at least once. */
  readonly ready: boolean;
  readonly rooms: Readonly<Record<string, RoomState>>;
  readonly people: Readonly<Record<string, Person>>;
  /** room → name → until when (milliseconds). */
  readonly typing: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly outbox: readonly OutboxEntry[];
  /** The room on screen: it is never trimmed. */
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
