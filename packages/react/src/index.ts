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
} from "./chat-context.tsx";
export { forgetDrafts, keepDrafts } from "./composer/draft.ts";
export { RoomView } from "./room/room.tsx";
export { useSteadyConnection } from "./use-steady-connection.ts";
