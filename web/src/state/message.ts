import { REACTION_NAMES } from "../protocol/limits.gen";
import type { Event, Message, Quote, Reaction } from "../protocol/types.gen";

/** An event about a message that is in the log already. */
export type Change = Extract<Event, { type: "edit" | "delete" | "react" }>;

/** What the client holds of a room's log: messages as they stand now, and what else happened. Changes are not held. */
export type Entry = Message | Exclude<Event, Change | { type: "message" }>;

export const isChange = (event: Event): event is Change =>
  event.type === "edit" || event.type === "delete" || event.type === "react";

/** A message as the log has it. Its changes follow in the log; a deleted one is erased there at once. */
export const asMessage = (event: Extract<Event, { type: "message" }>): Message => ({
  changed_seq: event.deleted?.seq ?? event.seq,
  ...event,
});

/** A message after a change of the log. What is in it already changes nothing, nor does what is about another message. */
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

/** Whether a quote is erased does not show in `changed_seq`, so this holds for every deletion, however old. */
const withoutQuote = (message: Message, change: Change): Message => {
  const quote = erased(message.original_message, change);
  return quote && quote !== message.original_message ? { ...message, original_message: quote } : message;
};

/** A quote, empty if what it quotes is deleted. */
export const erased = <Q extends Quote | undefined>(quote: Q, change: Change): Q =>
  quote && change.type === "delete" && quote.seq === change.target && quote.text !== ""
    ? { ...quote, text: "" }
    : quote;

/** What is shown in the place of a deleted message. */
export const DELETED = "Message deleted";

/** A message as it is quoted. */
export const quoteOf = ({ seq, sender, text, attachments }: Message): Quote => ({
  seq,
  sender,
  text: text || (attachments?.map((file) => file.name).join(", ") ?? ""),
});

/** The words of a quote, as far as it and what is held can tell. */
export const quoted = (quote: Quote, events: readonly Entry[]): string => {
  const original = events.find(({ seq }) => seq === quote.seq);
  if (original?.type !== "message") return quote.text;
  return original.deleted ? DELETED : quote.text || quoteOf(original).text;
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
  // Names are the first ones. Where some are not known, this one is not the next.
  const isNext = names.length === count && count < REACTION_NAMES;
  return { ...reaction, count: count + 1, names: isNext ? [...names, name] : names, mine: mine || isMine };
};

const withoutOne = (reaction: Reaction, name: string, isMine: boolean): Reaction => ({
  ...reaction,
  count: reaction.count - 1,
  names: reaction.names.filter((each) => each !== name),
  mine: reaction.mine && !isMine,
});
