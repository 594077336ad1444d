export { isAt, keptAs, urlOf } from "./api/address.ts";
export { api, Refused } from "./api/http.ts";
export { mediaUrl, pictureUrl } from "./api/media.ts";
export { Chat } from "./chat.ts";
export * from "./state/message.ts";
export type * from "./state/model.ts";
export * from "./state/select.ts";
export { createStore, type Store } from "./state/store.ts";
export * from "./state/timeline.ts";
