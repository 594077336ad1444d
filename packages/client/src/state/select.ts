import type { Person, Room } from "@chinwag/protocol";
import { directRoom } from "@chinwag/protocol";
import type { OutboxEntry, RoomState, State } from "./model.ts";

/** Rooms in the list, the one with the latest message first. Direct conversations are listed with the people. */
export const listedRooms = (rooms: State["rooms"]): Room[] =>
  Object.values(rooms)
    .map((held) => held.room)
    .filter((room) => !room.direct)
    .sort((a, b) => latest(b).localeCompare(latest(a)) || a.title.localeCompare(b.title));

const latest = (room: Room): string => room.last_message?.sent_at ?? "";

export interface ListedPerson {
  readonly person: Person;
  /** The direct conversation with this person, if it exists. */
  readonly room: Room | undefined;
}

/** Everybody except me: first those I talk with, latest message first; then the others by presence and name. */
export const listedPeople = (people: State["people"], rooms: State["rooms"], me: string): ListedPerson[] => {
  const listed = new Map<string, ListedPerson>();
  for (const person of Object.values(people)) {
    if (person.name === me) continue;
    listed.set(person.name, { person, room: rooms[directRoom(me, person.name)]?.room });
  }
  for (const { room } of Object.values(rooms)) {
    if (!room.direct || listed.has(room.title) || room.title === me) continue;
    listed.set(room.title, { person: { name: room.title, state: "offline", live: true }, room });
  }
  return [...listed.values()].sort(byLatestThenPresence);
};

const PRESENCE_ORDER = { online: 0, away: 1, offline: 2 } as const;

/** People whose presence is not published to me come last. */
const presenceOrder = ({ state, live }: Person): number => (live ? PRESENCE_ORDER[state] : 3);

const byLatestThenPresence = (a: ListedPerson, b: ListedPerson): number =>
  (b.room ? latest(b.room) : "").localeCompare(a.room ? latest(a.room) : "") ||
  presenceOrder(a.person) - presenceOrder(b.person) ||
  a.person.name.localeCompare(b.person.name);

/** The total number of unread messages, for the window's title. */
export const totalUnread = (rooms: State["rooms"]): number =>
  Object.values(rooms).reduce((sum, held) => sum + held.room.unread, 0);

const nobody: readonly string[] = [];

/** The names of those who are typing in a room, except me. */
export const typingIn = (state: State, topic: string): readonly string[] => {
  const names = state.typing[topic];
  return names ? Object.keys(names).filter((name) => name !== state.me.name) : nobody;
};

export const waitingIn = (outbox: readonly OutboxEntry[], topic: string): readonly OutboxEntry[] =>
  outbox.filter((entry) => entry.topic === topic);

/** Whether the whole history of the room is held. */
export const isComplete = (held: RoomState): boolean => held.from <= 1;
