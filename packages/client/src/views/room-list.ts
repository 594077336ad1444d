import { directRoom, type Person, type Room } from "@chinwag/protocol";
import type { State } from "../state/model.ts";
import { derived, type View } from "./view.ts";

/** A line of the list of rooms and people. */
export type ListItem =
  | { readonly kind: "direct"; readonly key: string; readonly topic: string; readonly name: string }
  | { readonly kind: "room"; readonly key: string; readonly topic: string }
  | { readonly kind: "person"; readonly key: string; readonly name: string };

export interface RoomList {
  /** My direct conversations, the latest first; never more than {@link CONVERSATIONS_SHOWN} unless they are unread. */
  readonly conversations: readonly ListItem[];
  /** How many conversations are not in the list. */
  readonly moreConversations: number;
  /** My rooms, the one with the latest message first. */
  readonly rooms: readonly ListItem[];
  /** The topics of rooms with unread messages. */
  readonly unread: readonly string[];
  /** People with whom I have not talked yet, those who are there now first. */
  readonly people: readonly ListItem[];
}

/** The latest conversations, which stand above the rooms: with more, the rooms would begin below the window. */
export const CONVERSATIONS_SHOWN = 8;

/** People who are offered for a talk; the list of all people has the others. */
export const PEOPLE_SHOWN = 12;

/** The list of rooms and people: only what is in it and in which order; each line observes its own room or person. */
export const roomList = (state: State): View<RoomList> => {
  const { rooms, people, me } = state;
  return derived(
    (listener) => {
      const stop = [rooms.subscribeAll(listener), people.subscribeAll(listener)];
      return () => {
        for (const each of stop) each();
      };
    },
    () => {
      const all = [...rooms.values()].map(({ room }) => room);
      const direct = byLatest(all.filter((room) => room.direct));
      const shown = direct.filter((room, index) => index < CONVERSATIONS_SHOWN || room.unread > 0);
      const others = byLatest(all.filter((room) => !room.direct));
      return {
        conversations: shown.map(({ topic, title }) => ({
          kind: "direct",
          key: `r:${topic}`,
          topic,
          name: title,
        })),
        moreConversations: direct.length - shown.length,
        rooms: others.map(({ topic }) => ({ kind: "room", key: `r:${topic}`, topic })),
        unread: others.flatMap(({ topic, unread }) => (unread > 0 ? [topic] : [])),
        people: firstFew(
          people.values(),
          (name) => name !== me.name && !rooms.has(directRoom(me.name, name)),
        ),
      };
    },
    isSameList,
  );
};

const latest = (room: Room): string => room.last_message?.sent_at ?? "";

const titles = new Intl.Collator(undefined, { numeric: true });

/** The room with the latest message first; quiet rooms by title, with numbers in it in their order. */
const byLatest = (rooms: Room[]): Room[] =>
  rooms.sort((a, b) => {
    const [one, other] = [latest(a), latest(b)];
    if (one !== other) return one < other ? 1 : -1;
    return titles.compare(a.title, b.title) || titles.compare(a.topic, b.topic);
  });

/** The first few people: those who are there before the others, then by name; in one pass over all. */
const firstFew = (people: Iterable<Person>, isWanted: (name: string) => boolean): ListItem[] => {
  const found: Person[] = [];
  for (const person of people) {
    const last = found[PEOPLE_SHOWN - 1];
    if ((last && byPresence(last, person) < 0) || !isWanted(person.name)) continue;
    found.push(person);
    found.sort(byPresence);
    found.length = Math.min(found.length, PEOPLE_SHOWN);
  }
  return found.map(({ name }) => ({ kind: "person", key: `p:${name}`, name }));
};

const isThere = ({ live, state }: Person): boolean => live && state !== "offline";

const byPresence = (a: Person, b: Person): number => {
  if (isThere(a) !== isThere(b)) return isThere(a) ? -1 : 1;
  return a.name < b.name ? -1 : 1;
};

const isSameList = (one: RoomList, other: RoomList): boolean =>
  one.moreConversations === other.moreConversations &&
  isSameOrder(one.conversations, other.conversations) &&
  isSameOrder(one.rooms, other.rooms) &&
  one.unread.length === other.unread.length &&
  one.unread.every((topic, index) => topic === other.unread[index]) &&
  isSameOrder(one.people, other.people);

const isSameOrder = (one: readonly ListItem[], other: readonly ListItem[]): boolean =>
  one.length === other.length && one.every((item, index) => item.key === other[index]?.key);
