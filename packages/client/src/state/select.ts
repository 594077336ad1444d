import type { Person, Room } from "@chinwag/protocol";
import { directRoom } from "@chinwag/protocol";
import type { OutboxEntry, State } from "./model.ts";

/** Rooms in the list, the one with the latest message first. Direct conversations are listed with the people. */
export const listedRooms = (rooms: State["rooms"]): Room[] =>
  [...rooms.values()]
    .map((held) => held.room)
    .filter((room) => !room.direct)
    .sort((a, b) => compare(latest(b), latest(a)) || a.title.localeCompare(b.title));

const latest = (room: Room): string => room.last_message?.sent_at ?? "";

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export interface ListedPerson {
  readonly person: Person;
  /** The direct conversation with this person, if it exists. */
  readonly room: Room | undefined;
}

/** Everybody except me: first those I talk with, latest message first; then the others by presence and name. */
export const listedPeople = ({
  people,
  rooms,
  me,
}: Pick<State, "people" | "rooms" | "me">): ListedPerson[] => {
  const listed = new Map<string, ListedPerson>();
  for (const person of people.values()) {
    if (person.name === me.name) continue;
    listed.set(person.name, { person, room: rooms.get(directRoom(me.name, person.name))?.room });
  }
  for (const { room } of rooms.values()) {
    if (!room.direct || listed.has(room.title) || room.title === me.name) continue;
    listed.set(room.title, { person: { name: room.title, state: "offline", live: true }, room });
  }
  return [...listed.values()].sort(byLatestThenPresence);
};

const PRESENCE_ORDER = { online: 0, away: 1, offline: 2 } as const;

/** People whose presence is not published to me come last. */
const presenceOrder = ({ state, live }: Person): number => (live ? PRESENCE_ORDER[state] : 3);

const byLatestThenPresence = (a: ListedPerson, b: ListedPerson): number =>
  compare(b.room ? latest(b.room) : "", a.room ? latest(a.room) : "") ||
  presenceOrder(a.person) - presenceOrder(b.person) ||
  compare(a.person.name, b.person.name);

/** The total number of unread messages, for the window's title. */
export const totalUnread = (rooms: State["rooms"]): number => {
  let sum = 0;
  for (const { room } of rooms.values()) sum += room.unread;
  return sum;
};

export const waitingIn = (outbox: readonly OutboxEntry[], topic: string): readonly OutboxEntry[] =>
  outbox.filter((entry) => entry.topic === topic);
