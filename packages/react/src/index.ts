export { ChatProvider, useChat, useChatState, useMe, useRoom } from "./chat-context.tsx";
export { forgetDrafts } from "./composer/draft.ts";
export { RoomView } from "./room/room.tsx";
export { Viewer } from "./room/viewer.tsx";
export { useSteadyConnection } from "./use-steady-connection.ts";
