import type { Note } from "@chinwag/client";
import { currentText, listed, type Text } from "../language/index.ts";

/** What a note tells. Notes that differ only in the name are told together. */
interface Saying {
  readonly kind: "joined" | "added" | "left" | "removed";
  readonly by: string;
  readonly names: readonly string[];
}

const saying = ({ type, name, sender }: Exclude<Note, { type: "room" }>): Saying => {
  if (name === sender) return { kind: type === "join" ? "joined" : "left", by: "", names: [name] };
  return { kind: type === "join" ? "added" : "removed", by: sender, names: [name] };
};

const roomInWords = ({ seq, sender: by, title, private: isPrivate }: Note & { type: "room" }, t: Text) => {
  if (seq === 1) return t(isPrivate ? "note.madePrivate" : "note.made", { by });
  return t(isPrivate ? "note.calledPrivate" : "note.called", { by, title });
};

/** Maximum number of names in a list; further ones are counted. */
const TOLD = 5;

const sayingInWords = ({ kind, by, names }: Saying, t: Text): string => {
  const count = names.length;
  const others = count - TOLD + 1;
  const told = others > 1 ? [...names.slice(0, TOLD - 1), t("note.others", { count: others })] : names;
  const params = { by, names: listed(told), count };
  return kind === "added" || kind === "removed" ? t(`note.${kind}`, params) : t(`note.${kind}`, params);
};

/** The notes as one line of text; the same action of several people is merged. */
export const inWords = (notes: readonly Note[]): string => {
  const t = currentText();
  const said: (Saying | string)[] = [];
  // The creator's own join is obvious and therefore omitted.
  const maker = notes.find((note) => note.type === "room" && note.seq === 1)?.sender;
  const worth = notes.filter((note) => !(note.type === "join" && note.seq === 2 && note.name === maker));
  for (const note of worth) {
    const next = note.type === "room" ? roomInWords(note, t) : saying(note);
    const last = said.at(-1);
    if (
      typeof next === "object" &&
      typeof last === "object" &&
      next.kind === last.kind &&
      next.by === last.by
    )
      said[said.length - 1] = { ...last, names: [...last.names, ...next.names] };
    else said.push(next);
  }
  const [first = "", ...others] = said.map((each) =>
    typeof each === "string" ? each : sayingInWords(each, t),
  );
  return others.reduce((before, next) => t("note.then", { before, next }), first);
};
