// Generated from crates/chinwag-protocol by `make types`. Do not edit.

export const sendTopic = (me: string, room: string): string => `users/${me}/send/${room}`;
export const editTopic = (me: string, room: string): string => `users/${me}/edit/${room}`;
export const deleteTopic = (me: string, room: string): string => `users/${me}/delete/${room}`;
export const reactTopic = (me: string, room: string): string => `users/${me}/react/${room}`;
export const readTopic = (me: string, room: string): string => `users/${me}/read/${room}`;
export const typingTopic = (me: string, room: string): string => `users/${me}/typing/${room}`;

/** What a person can do in a room. */
export const VERBS = ["send", "edit", "delete", "react", "read", "typing"] as const;
export type Verb = (typeof VERBS)[number];

const isVerb = (word: string): word is Verb => (VERBS as readonly string[]).includes(word);

export const presenceTopic = (name: string): string => `users/${name}/presence`;
export const inboxTopic = (name: string): string => `users/${name}/inbox`;
export const activityTopic = (name: string, room: string): string => `users/${name}/activity/${room}`;
export const deviceTopic = (me: string, device: string): string => `users/${me}/devices/${device}`;
export const directRoom = (one: string, other: string): string => {
  const [a, b] = compareBytes(one, other) < 0 ? [one, other] : [other, one];
  return `dm/${a}/${b}`;
};

/** Byte order of UTF-8, which is the order of code points. */
const compareBytes = (one: string, other: string): number => {
  const a = [...one];
  const b = [...other];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i]?.codePointAt(0) ?? 0) - (b[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
};

export type Topic =
  | { kind: "room"; room: string }
  | { kind: Verb | "activity"; name: string; room: string }
  | { kind: "presence" | "inbox"; name: string }
  | { kind: "device"; name: string; device: string };

/** Understands a topic that a message arrived on. */
export const parseTopic = (topic: string): Topic | undefined => {
  if (!topic.startsWith("users/")) return { kind: "room", room: topic };
  const [, name, kind, ...room] = topic.split("/");
  if (!name) return undefined;
  if (kind === "presence" || kind === "inbox") return { kind, name };
  if (kind === "activity" || (kind !== undefined && isVerb(kind))) return { kind, name, room: room.join("/") };
  if (kind === "devices" && room.length === 1) return { kind: "device", name, device: room.join("/") };
  return undefined;
};
