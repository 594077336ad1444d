import type { Chat, RoomState, State } from "@chinwag/client";
import { createContext, useContext, useSyncExternalStore } from "react";

const ChatContext = createContext<Chat | undefined>(undefined);

export const ChatProvider = ChatContext.Provider;

/** The chat of the signed-in person. */
export const useChat = (): Chat => {
  const chat = useContext(ChatContext);
  if (!chat) throw new Error("drawn outside of a chat");
  return chat;
};

/** A part of the state. `select` must return an existing object, not create a new one on each call. */
export const useChatState = <T,>(select: (state: State) => T): T => {
  const { store } = useChat();
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
};

export const useRoom = (topic: string): RoomState | undefined => useChatState((state) => state.rooms[topic]);

export const useMe = (): string => useChatState((state) => state.me.name);
