export { ChatProvider, useChat, useChatState, useMe, useRoom } from "./chat-context.tsx";
export { forgetTraces } from "./forget.ts";
export { RoomView } from "./room/room.tsx";
export { Unsent } from "./room/unsent.tsx";
export { useSteadyConnection } from "./use-steady-connection.ts";
export { errorWords, failureWords, noticeWords, signedOutWords } from "./words.ts";
