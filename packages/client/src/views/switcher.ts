import type { Person, Room } from "@chinwag/protocol";

/** Something that the switcher can go to. */
export type Choice =
  | { readonly kind: "room"; readonly key: string; readonly room: Room; readonly joined: boolean }
  | {
      readonly kind: "person";
      readonly key: string;
      readonly person: Person;
      readonly room: Room | undefined;
    }
  | { readonly kind: "action"; readonly key: string; readonly label: string; readonly run: () => void };

export interface SwitcherInput {
  readonly rooms: Iterable<Room>;
  readonly people: Iterable<Person>;
  /** Public rooms that I am not in. */
  readonly joinable: readonly Room[];
  readonly actions: readonly { readonly id: string; readonly label: string; readonly run: () => void }[];
  readonly me: string;
}

/** Choices that are shown at most: nobody reads further, they type another letter. */
export const CHOICES = 40;

interface Candidate {
  readonly choice: Choice;
  /** What is searched: the name first. */
  readonly texts: readonly string[];
  readonly unread: number;
  readonly at: string;
}

/** What fits the typed words, the best first: every word must begin a word, or be in one, in any order. */
export const choicesFor = (typed: string, input: SwitcherInput): Choice[] => {
  const words = fold(typed).split(/\s+/u).filter(Boolean);
  const found: { candidate: Candidate; score: number }[] = [];
  for (const candidate of candidatesOf(input)) {
    const score = scoreOf(words, candidate);
    if (score > 0) found.push({ candidate, score });
  }
  found.sort((a, b) => b.score - a.score || byInterest(a.candidate, b.candidate));
  return found.slice(0, CHOICES).map(({ candidate }) => candidate.choice);
};

const candidatesOf = ({ rooms, people, joinable, actions, me }: SwitcherInput): Candidate[] => {
  const found: Candidate[] = [];
  const talks = new Map<string, Room>();
  for (const room of rooms) {
    if (room.direct) talks.set(room.title, room);
    else found.push(ofRoom(room, true));
  }
  const known = new Set<string>();
  for (const person of people) {
    known.add(person.name);
    if (person.name !== me) found.push(ofPerson(person, talks.get(person.name)));
  }
  for (const [name, room] of talks)
    if (!known.has(name)) found.push(ofPerson({ name, state: "offline", live: true }, room));
  for (const room of joinable) found.push(ofRoom(room, false));
  for (const { id, label, run } of actions)
    found.push({
      choice: { kind: "action", key: `a:${id}`, label, run },
      texts: [fold(label)],
      unread: 0,
      at: "",
    });
  return found;
};

const ofRoom = (room: Room, joined: boolean): Candidate => ({
  choice: { kind: "room", key: `r:${room.topic}`, room, joined },
  texts: [fold(room.title), fold(room.topic)],
  unread: joined ? room.unread : 0,
  at: joined ? (room.last_message?.sent_at ?? "") : "",
});

const ofPerson = (person: Person, room: Room | undefined): Candidate => ({
  choice: { kind: "person", key: `p:${person.name}`, person, room },
  texts: [fold(person.name)],
  unread: room?.unread ?? 0,
  at: room?.last_message?.sent_at ?? "",
});

/** Without case, accents and width, so that "cafe" finds "Café". */
export const fold = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(/\p{Mark}+/gu, "")
    .toLowerCase();

/** 0 if a word is missing. A word that begins the name counts most, then one that begins a word. */
const scoreOf = (words: readonly string[], { choice, texts }: Candidate): number => {
  // Without words: rooms and people one knows, no rooms of others and no actions.
  if (words.length === 0)
    return choice.kind === "action" || (choice.kind === "room" && !choice.joined) ? 0 : 1;
  let score = 0;
  for (const word of words) {
    const best = Math.max(...texts.map((text, index) => (index === 0 ? 2 : 1) * placeOf(word, text)));
    if (best === 0) return 0;
    score += best;
  }
  const kind = choice.kind === "action" || (choice.kind === "room" && !choice.joined) ? 0.5 : 1;
  return score * kind;
};

const placeOf = (word: string, text: string): number => {
  if (text === word) return 5;
  const at = text.indexOf(word);
  if (at < 0) return 0;
  if (at === 0) return 4;
  return /[^\p{Letter}\p{Number}]/u.test(text[at - 1] ?? "") || beginsWord(word, text) ? 3 : 1;
};

const beginsWord = (word: string, text: string): boolean =>
  text.split(/[^\p{Letter}\p{Number}]+/u).some((part) => part.startsWith(word));

const byInterest = (a: Candidate, b: Candidate): number => {
  if (a.unread > 0 !== b.unread > 0) return a.unread > 0 ? -1 : 1;
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  return (a.texts[0] ?? "") < (b.texts[0] ?? "") ? -1 : 1;
};
