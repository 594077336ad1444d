import type { Cell, Chat, RoomState, Session, Table, View } from "@chinwag/client";
import type { Person } from "@chinwag/protocol";
import { createContext, useCallback, useContext, useMemo, useSyncExternalStore } from "react";

const ChatContext = createContext<Chat | undefined>(undefined);

export const ChatProvider = ChatContext.Provider;

/** The chat of the signed-in person. */
export const useChat = (): Chat => {
  const chat = useContext(ChatContext);
  if (!chat) throw new Error("drawn outside of a chat");
  return chat;
};

/** What a view shows; draws again when that changes. */
export const useView = <T,>(view: View<T>): T =>
  useSyncExternalStore(view.subscribe, view.getSnapshot, view.getSnapshot);

/** The value of a cell, or an existing part of it. */
export const useCell = <T, S = T>(cell: Cell<T>, select?: (value: T) => S): S =>
  useSyncExternalStore(cell.subscribe, () => (select ? select(cell.get()) : (cell.get() as unknown as S)));

/** One entry of a table, or an existing part of it; draws again only when that changes. */
export const useEntry = <V, S = V | undefined>(
  table: Table<V>,
  key: string,
  select?: (value: V | undefined) => S,
): S => {
  const subscribe = useCallback((listener: () => void) => table.subscribe(key, listener), [table, key]);
  return useSyncExternalStore(subscribe, () => {
    const value = table.get(key);
    return select ? select(value) : (value as unknown as S);
  });
};

/** Draws again after every change of a table; returns a number that grows with each. */
export const useVersion = <V,>(table: Table<V>): number => {
  const subscribe = useCallback((listener: () => void) => table.subscribeAll(listener), [table]);
  return useSyncExternalStore(subscribe, table.version);
};

export const useSession = <S,>(select: (session: Session) => S): S =>
  useCell(useChat().store.state.session, select);

export const useRoom = (topic: string): RoomState | undefined => useEntry(useChat().store.state.rooms, topic);

export const usePerson = (name: string): Person | undefined => useEntry(useChat().store.state.people, name);

export const useMe = (): string => useChat().store.state.me.name;

/** Whether I am an administrator. */
export const useAdmin = (): boolean => useSession((session) => session.admin);

/** All rooms; draws again after every change of any. */
export const useRooms = (): Table<RoomState> => {
  const { rooms } = useChat().store.state;
  useVersion(rooms);
  return rooms;
};

/** All people; draws again after every change of any. */
export const usePeople = (): Table<Person> => {
  const { people } = useChat().store.state;
  useVersion(people);
  return people;
};

/** The names of those who are typing in a room, except me. */
export const useTyping = (topic: string): readonly string[] => {
  const me = useMe();
  const names = useEntry(useChat().store.state.typing, topic);
  return useMemo(() => [...(names?.keys() ?? [])].filter((name) => name !== me), [names, me]);
};
