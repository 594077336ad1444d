import type { Member } from "@chinwag/protocol";
import type { Chat } from "../chat.ts";
import { type Failure, failureOf } from "../failure.ts";
import type { Table } from "../state/observable.ts";
import { derived, isShallowlySame, type View } from "./view.ts";

/** People who are offered at most while a name is typed. */
export const OFFERED = 8;

export interface MembersSnapshot {
  /** How many members there are; undefined until they are fetched. */
  readonly count: number | undefined;
  /** Those whose names have what is searched for: owners first, then by name. Each is the same object as before. */
  readonly shown: readonly Member[];
  /** What is searched for. */
  readonly wanted: string;
  readonly isLoading: boolean;
  /** Why they could not be fetched. */
  readonly problem: Failure | undefined;
  /** Whether I may remove others. */
  readonly mayRemove: boolean;
  /** The name that is typed to add somebody. */
  readonly typed: string;
  /** People who are not members and whose names have what is typed. */
  readonly offered: readonly string[];
}

/** The members of a room. They are fetched when somebody subscribes, and events keep them up to date. */
export interface Members extends View<MembersSnapshot> {
  /** Fetches them again, after that failed. */
  load(): Promise<void>;
  find(wanted: string): void;
  type(name: string): void;
  /** Adds somebody: who is typed, or another. Throws the server's refusal. */
  add(name?: string): Promise<void>;
  /** Throws the server's refusal. */
  remove(name: string): Promise<void>;
}

/** What the view uses of a {@link Chat}. */
export interface MembersChat extends Pick<Chat, "store" | "loadMembers"> {
  readonly api: Pick<Chat["api"], "join" | "leave">;
}

type Compare = (one: string, other: string) => number;

/** `byName` is the order of names in the reader's language. */
export const members = (chat: MembersChat, topic: string, byName: Compare): Members => {
  const { rooms, people, session } = chat.store.state;
  const search = createSearch(byName);
  const offer = createOffer(people, byName);
  let [wanted, typed] = ["", ""];
  let isLoading = false;
  let problem: Failure | undefined;
  let tell: () => void = () => {};

  const load = async (): Promise<void> => {
    isLoading = true;
    problem = undefined;
    tell();
    try {
      await chat.loadMembers(topic);
    } catch (error) {
      problem = failureOf(error);
    }
    isLoading = false;
    tell();
  };
  const view = derived(
    (listener) => {
      const stop = [
        rooms.subscribe(topic, listener),
        people.subscribeKeys(listener),
        session.subscribe(listener),
      ];
      tell = listener;
      void load();
      return () => {
        for (const each of stop) each();
        tell = () => {};
      };
    },
    (): MembersSnapshot => {
      const { room, members: all } = rooms.get(topic) ?? {};
      return {
        count: all?.length,
        shown: search(all ?? NOBODY, asName(wanted)),
        wanted,
        isLoading,
        problem,
        mayRemove: room?.owner === true || session.get().admin,
        typed,
        offered: offer(all ?? NOBODY, asName(typed)),
      };
    },
    isShallowlySame,
  );
  return {
    ...view,
    load,
    find: (text) => {
      wanted = text;
      tell();
    },
    type: (text) => {
      typed = text;
      tell();
    },
    add: async (name = asName(typed)) => {
      await chat.api.join(topic, { name });
      await chat.loadMembers(topic);
      typed = "";
      tell();
    },
    remove: async (name) => {
      await chat.api.leave(topic, name);
      await chat.loadMembers(topic);
    },
  };
};

const NOBODY: readonly never[] = [];

/** Names have no capital letters. */
const asName = (text: string): string => text.trim().toLowerCase();

/** Returns the function that finds members; the same members and words have the same result. */
const createSearch = (byName: Compare) => {
  let last: { all: readonly Member[]; wanted: string; found: readonly Member[] } | undefined;
  return (all: readonly Member[], wanted: string): readonly Member[] => {
    if (last?.all !== all || last.wanted !== wanted) {
      const found = all
        .filter(({ name }) => name.includes(wanted))
        .sort((a, b) => Number(b.owner) - Number(a.owner) || byName(a.name, b.name));
      last = { all, wanted, found };
    }
    return last.found;
  };
};

/** Returns the function that finds people who are not members. */
const createOffer = (people: Table<unknown>, byName: Compare) => {
  let offered: readonly string[] = NOBODY;
  return (all: readonly Member[], typed: string): readonly string[] => {
    const found = typed === "" ? NOBODY : notIn(all, people, typed, byName);
    if (!isShallowlySame(found, offered)) offered = found;
    return offered;
  };
};

const notIn = (all: readonly Member[], people: Table<unknown>, typed: string, byName: Compare): string[] => {
  const fitting = [...people.keys()].filter((name) => name !== typed && name.includes(typed));
  const inside = new Set(all.map(({ name }) => name));
  return fitting
    .filter((name) => !inside.has(name))
    .sort(byName)
    .slice(0, OFFERED);
};
