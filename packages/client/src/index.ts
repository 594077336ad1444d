export { type Api, type ApiOptions, createApi } from "./api/http.ts";
export type { Media, Upload } from "./api/media.ts";
export { Chat, type ChatHandlers, type ChatOptions } from "./chat.ts";
export { type ConnectOptions, connect } from "./connect.ts";
export { defaultPorts } from "./default-ports.ts";
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
export type { Notice, SignedOut } from "./notice.ts";
export type { Draft } from "./outbox/draft.ts";
export { memoryStorage, type OutboxStorage } from "./outbox/outbox-storage.ts";
export type * from "./ports.ts";
export * from "./state/message.ts";
export type * from "./state/model.ts";
export * from "./state/select.ts";
export { createStore, type Store } from "./state/store.ts";
export * from "./state/timeline.ts";
