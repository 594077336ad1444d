import type { Note } from "@chinwag/client";

/** The text of a note, split so that notes that differ only in the name can be merged. */
interface Saying {
  readonly before: string;
  readonly names: readonly string[];
  readonly after: string;
}

const saying = (note: Note): Saying => {
  switch (note.type) {
    case "join":
      return note.name === note.sender
        ? { before: "", names: [note.name], after: " joined" }
        : { before: `${note.sender} added `, names: [note.name], after: "" };
    case "leave":
      return note.name === note.sender
        ? { before: "", names: [note.name], after: " left" }
        : { before: `${note.sender} removed `, names: [note.name], after: "" };
    case "room": {
      if (note.seq === 1) {
        const made = note.private ? "this private room" : "this room";
        return { before: `${note.sender} made ${made}`, names: [], after: "" };
      }
      const kind = note.private ? ", a private room" : "";
      return { before: `${note.sender} called this “${note.title}”${kind}`, names: [], after: "" };
    }
  }
};

/** Maximum number of names in a list; further ones are counted. */
const TOLD = 5;

const list = (names: readonly string[]): string => {
  if (names.length > TOLD)
    return `${names.slice(0, TOLD - 1).join(", ")} and ${names.length - TOLD + 1} others`;
  const [last, ...others] = [...names].reverse();
  return others.length === 0 ? (last ?? "") : `${others.reverse().join(", ")} and ${last}`;
};

/** The notes as one line of text; the same action of several people is merged. */
export const inWords = (notes: readonly Note[]): string => {
  const said: Saying[] = [];
  // The creator's own join is obvious and therefore omitted.
  const maker = notes.find((note) => note.type === "room" && note.seq === 1)?.sender;
  const worth = notes.filter((note) => !(note.type === "join" && note.seq === 2 && note.name === maker));
  for (const next of worth.map(saying)) {
    const last = said.at(-1);
    const same = last && last.names.length > 0 && last.before === next.before && last.after === next.after;
    if (same) said[said.length - 1] = { ...last, names: [...last.names, ...next.names] };
    else said.push(next);
  }
  return said.map(({ before, names, after }) => `${before}${list(names)}${after}`).join(", ");
};
