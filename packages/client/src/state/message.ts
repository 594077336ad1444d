import type { Event, Message, Quote, Reaction } from "@chinwag/protocol";
import { REACTION_NAMES } from "@chinwag/protocol";

/** An event that changes an existing message. */
export type Change = Extract<Event, { type: "edit" | "delete" | "react" }>;

/** A join, a leave or a change of the room. */
export type NoteEvent = Extract<Event, { type: "join" | "leave" | "room" }>;

/** What the client holds of a room's log: messages in their current state, and notes. */
export type Entry = Message | NoteEvent;

export const isChange = (event: Event): event is Change =>
  event.type === "edit" || event.type === "delete" || event.type === "react";

export const isNote = (event: Event): event is NoteEvent =>
  event.type === "join" || event.type === "leave" || event.type === "room";

/** The entry of an event. Changes have none, nor have events of types that only newer clients know. */
export const asEntry = (event: Event): Entry | undefined => {
  if (event.type === "message") return asMessage(event);
  return isNote(event) ? event : undefined;
};

/** A message from the log, before its later changes are applied; a deleted one is erased in the log itself. */
export const asMessage = (event: Extract<Event, { type: "message" }>): Message => ({
  changed_seq: event.deleted?.seq ?? event.seq,
  ...event,
});

/**
 * Applies a change. A change that is already applied has no effect; a deletion of another message only erases its
 * quote.
 */
export const changed = (message: Message, change: Change, me: string): Message => {
  if (change.target !== message.seq) return withoutQuote(message, change);
  if (change.seq <= message.changed_seq) return message;
  const changed_seq = change.seq;
  switch (change.type) {
    case "edit":
      return { ...message, changed_seq, text: change.text, edited: { seq: change.seq, at: change.sent_at } };
    case "delete":
      return deleted(message, change);
    case "react": {
      const { reactions = [], ...rest } = message;
      const now = reacted(reactions, change, me);
      return { ...rest, changed_seq, ...(now.length > 0 ? { reactions: now } : {}) };
    }
  }
};

const deleted = ({ seq, topic, sender, sent_at, type, msg_id }: Message, change: Change): Message => ({
  seq,
  topic,
  sender,
  sent_at,
  type,
  msg_id,
  text: "",
  deleted: { seq: change.seq, by: change.sender },
  changed_seq: change.seq,
});

/** `changed_seq` does not tell whether a quote is erased, so every deletion is applied, however old it is. */
const withoutQuote = (message: Message, change: Change): Message => {
  const quote = erased(message.original_message, change);
  return quote && quote !== message.original_message ? { ...message, original_message: quote } : message;
};

/** The quote, emptied if the quoted message was deleted. */
export const erased = <Q extends Quote | undefined>(quote: Q, change: Change): Q =>
  quote && change.type === "delete" && quote.seq === change.target && quote.text !== ""
    ? { ...quote, text: "" }
    : quote;

/** The quote of a message. */
export const quoteOf = ({ seq, sender, text, attachments }: Message): Quote => ({
  seq,
  sender,
  text: text || (attachments?.map((file) => file.name).join(", ") ?? ""),
});

/** The text of a quote; undefined if the message was deleted. `original` is the quoted entry if it is held. */
export const quoted = (quote: Quote, original: Entry | undefined): string | undefined => {
  if (original?.type !== "message") return quote.text;
  return original.deleted ? undefined : quote.text || quoteOf(original).text;
};

const reacted = (
  reactions: readonly Reaction[],
  { emoji, on, sender }: Extract<Change, { type: "react" }>,
  me: string,
): Reaction[] => {
  const isMine = sender === me;
  if (on && !reactions.some((each) => each.emoji === emoji))
    return [...reactions, { emoji, count: 1, names: [sender], mine: isMine }];
  const next = reactions.map((each) => {
    if (each.emoji !== emoji) return each;
    return on ? withOne(each, sender, isMine) : withoutOne(each, sender, isMine);
  });
  return next.filter(({ count }) => count > 0);
};

const withOne = (reaction: Reaction, name: string, isMine: boolean): Reaction => {
  const { count, names, mine } = reaction;
  // `names` has the first names. If some are unknown, this name is not the next one.
  const isNext = names.length === count && count < REACTION_NAMES;
  return { ...reaction, count: count + 1, names: isNext ? [...names, name] : names, mine: mine || isMine };
};

const withoutOne = (reaction: Reaction, name: string, isMine: boolean): Reaction => ({
  ...reaction,
  count: reaction.count - 1,
  names: reaction.names.filter((each) => each !== name),
  mine: reaction.mine && !isMine,
});
