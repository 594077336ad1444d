export {
  ChatProvider,
  useAdmin,
  useCell,
  useChat,
  useEntry,
  useMe,
  usePeople,
  usePerson,
  useRoom,
  useRooms,
  useSession,
  useTyping,
  useVersion,
  useView,
} from "./chat-context.tsx";
export { ChinwagRoom, type ChinwagRoomProps } from "./embed/chinwag-room.tsx";
export type { TokenSource } from "./embed/shared-chat.ts";
export { forgetTraces } from "./forget.ts";
export { presenceInWords } from "./presence.ts";
export { PersonActionsProvider } from "./room/person-actions.ts";
export { PersonButton } from "./room/person-button.tsx";
export { RoomView } from "./room/room.tsx";
export { Unsent } from "./room/unsent.tsx";
export { Viewer } from "./room/viewer.tsx";
export { useSteadyConnection } from "./use-steady-connection.ts";
export { errorWords, failureWords, noticeWords, signedOutWords } from "./words.ts";
