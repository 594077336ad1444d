export { type Api, type ApiOptions, createApi } from "./api/http.ts";
export type { Media, Upload } from "./api/media.ts";
export { hasThumbnails, type ThumbnailSize, thumbnailUrl, thumbnailWidth } from "./api/thumbnail.ts";
export { noCache } from "./cache/cache-storage.ts";
export { Chat } from "./chat.ts";
export type { ChatHandlers, ChatOptions } from "./chat-options.ts";
export { type ConnectOptions, connect } from "./connect.ts";
export { defaultPorts, memoryStorage } from "./default-ports.ts";
export {
  Failed,
  type Failure,
  type FailureCode,
  failureOf,
  isTemporary,
  type Params,
  Refused,
  Unreachable,
} from "./failure.ts";
export type { Alert, Notice, SignedOut } from "./notice.ts";
export type { OutboxStorage } from "./outbox/outbox-storage.ts";
export type { Outgoing } from "./outbox/outgoing.ts";
export type * from "./ports.ts";
export { entriesIn, entryAt, type Log, type Segment, segmentAt } from "./state/log.ts";
export { type Entry, quoted, quoteOf } from "./state/message.ts";
export type {
  Connection,
  Draft,
  DraftFile,
  DraftProblem,
  OutboxEntry,
  OutboxFile,
  RoomState,
  Session,
  State,
} from "./state/model.ts";
export { Cell, Changes, type Table } from "./state/observable.ts";
export { waitingIn } from "./state/outbox.ts";
export { liveSegment } from "./state/room.ts";
export type { Note, Row } from "./state/timeline.ts";
export { type Composer, type ComposerSnapshot, composer, type ReadFiles } from "./views/composer.ts";
export { type Members, type MembersSnapshot, members } from "./views/members.ts";
export { type ListItem, type RoomList, roomList } from "./views/room-list.ts";
export type { RoomSnapshot } from "./views/room-snapshot.ts";
export { type RoomView, roomView } from "./views/room-view.ts";
export { type Choice, choicesFor, type SwitcherInput } from "./views/switcher.ts";
export { type Unread, unreadView } from "./views/unread.ts";
export type { View } from "./views/view.ts";
export type { Opening } from "./views/visit.ts";
