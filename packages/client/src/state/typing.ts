import type { State } from "./model.ts";

type Typing = State["typing"];

/** Records that somebody is typing until then; 0: no longer. */
export const takeTyping = (typing: Typing, topic: string, name: string, until: number): void => {
  if (until <= 0) endTyping(typing, topic, name);
  else typing.set(topic, new Map(typing.get(topic)).set(name, until));
};

export const endTyping = (typing: Typing, topic: string, name: string): void => {
  const names = typing.get(topic);
  if (!names?.has(name)) return;
  const left = new Map(names);
  left.delete(name);
  keep(typing, topic, left);
};

/** Removes those who have not been typing for a while. */
export const expireTyping = (typing: Typing, now: number): void => {
  for (const [topic, names] of [...typing.entries()]) {
    const left = new Map([...names].filter(([, until]) => until > now));
    if (left.size < names.size) keep(typing, topic, left);
  }
};

const keep = (typing: Typing, topic: string, names: ReadonlyMap<string, number>): void => {
  if (names.size > 0) typing.set(topic, names);
  else typing.delete(topic);
};
