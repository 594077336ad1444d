import type { Note } from "../../state/timeline";

/** What a note says, as something that can be said of several people at once. */
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

/** More names than these are counted rather than told. */
const TOLD = 5;

const list = (names: readonly string[]): string => {
  if (names.length > TOLD)
    return `${names.slice(0, TOLD - 1).join(", ")} and ${names.length - TOLD + 1} others`;
  const [last, ...others] = [...names].reverse();
  return others.length === 0 ? (last ?? "") : `${others.reverse().join(", ")} and ${last}`;
};

/** Notes as one line, with what happened to several people said once. */
export const inWords = (notes: readonly Note[]): string => {
  const said: Saying[] = [];
  // Whoever makes a room is in it: that goes without saying.
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
