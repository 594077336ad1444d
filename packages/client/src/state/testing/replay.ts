import type { Event, Message, Reaction } from "@chinwag/protocol";
import { REACTION_NAMES } from "@chinwag/protocol";
import type { Entry } from "../message.ts";
import { ME } from "./events.ts";

/** The messages and notes of a log after its events, written without the client's code. */
export class Replay {
  readonly #entries = new Map<number, Entry>();
  /** Message → emoji → names. */
  readonly #reactions = new Map<number, Map<string, readonly string[]>>();

  /** The messages and notes as they are now, by seq. */
  entries(): ReadonlyMap<number, Entry> {
    return new Map(this.#entries);
  }

  apply(event: Event): void {
    switch (event.type) {
      case "message":
        this.#entries.set(event.seq, { ...event, changed_seq: event.seq });
        break;
      case "edit":
        this.#change(event, { text: event.text, edited: { seq: event.seq, at: event.sent_at } });
        break;
      case "react":
        this.#react(event);
        break;
      case "delete":
        this.#delete(event);
        break;
      case "join":
      case "leave":
      case "room":
        this.#entries.set(event.seq, event);
        break;
    }
  }

  #message(seq: number): Message {
    const entry = this.#entries.get(seq);
    if (entry?.type !== "message") throw new Error(`there is no message ${seq}`);
    return entry;
  }

  #change({ seq, target }: { seq: number; target: number }, change: Partial<Message>): void {
    this.#entries.set(target, { ...this.#message(target), ...change, changed_seq: seq });
  }

  #react(event: Extract<Event, { type: "react" }>): void {
    const { target, emoji, on, sender } = event;
    const here = this.#reactions.get(target) ?? new Map<string, readonly string[]>();
    const others = (here.get(emoji) ?? []).filter((name) => name !== sender);
    here.set(emoji, on ? [...others, sender] : others);
    this.#reactions.set(target, here);
    const { reactions: _, ...message } = this.#message(target);
    const reactions: Reaction[] = [];
    for (const [each, names] of here) {
      const [count, mine] = [names.length, names.includes(ME)];
      if (count > 0) reactions.push({ emoji: each, count, names: names.slice(0, REACTION_NAMES), mine });
    }
    this.#entries.set(target, { ...message, ...(reactions.length > 0 ? { reactions } : {}) });
    this.#change(event, {});
  }

  #delete(event: Extract<Event, { type: "delete" }>): void {
    const { seq, topic, sender, sent_at, type, msg_id } = this.#message(event.target);
    const deleted = { seq: event.seq, by: event.sender };
    this.#entries.set(seq, {
      seq,
      topic,
      sender,
      sent_at,
      type,
      msg_id,
      text: "",
      deleted,
      changed_seq: event.seq,
    });
    this.#reactions.delete(seq);
    for (const entry of this.#entries.values()) {
      if (entry.type !== "message" || entry.original_message?.seq !== seq) continue;
      const original_message = { ...entry.original_message, text: "" };
      this.#entries.set(entry.seq, { ...entry, original_message });
    }
  }
}
