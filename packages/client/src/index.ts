export { isAt, keptAs, urlOf } from "./api/address.ts";
export { api, Refused } from "./api/http.ts";
export { mediaUrl, pictureUrl } from "./api/media.ts";
export { Chat } from "./chat.ts";
export { entriesIn, entriesOf, entryAt, type Log, type Segment, segmentAt } from "./state/log.ts";
export { DELETED, type Entry, quoted, quoteOf } from "./state/message.ts";
export type {
  Connection,
  Draft,
  DraftProblem,
  OutboxEntry,
  OutboxFile,
  RoomState,
  Session,
  State,
} from "./state/model.ts";
export { Cell, Changes, type Table } from "./state/observable.ts";
export { hasGap, isTooLarge, liveSegment } from "./state/room.ts";
export { type ListedPerson, listedPeople, listedRooms, totalUnread, waitingIn } from "./state/select.ts";
export { createLayout, type Note, type Row } from "./state/timeline.ts";
export { type Composer, type ComposerSnapshot, composer, type ReadFiles } from "./views/composer.ts";
export { type ListItem, type RoomList, roomList } from "./views/room-list.ts";
export { type Choice, choicesFor, fold } from "./views/switcher.ts";
export { type Unread, unreadView } from "./views/unread.ts";
export type { View } from "./views/view.ts";
