import type { Event, Message, Messages, Room } from "@chinwag/protocol";
import type { Entry } from "../message.ts";
import type { Stretch } from "../room.ts";
import { emptyRoom, header, ME, messageEvent, TOPIC } from "./events.ts";
import { bounds, type Place } from "./pages.ts";
import { Replay } from "./replay.ts";

/** What the server answers at some time depends on these. */
interface Moment {
  readonly last_seq: number;
  readonly read_seq: number;
}

/** A fake server with one room: its log, and the responses about it now and at earlier moments. */
export class Server {
  readonly topic: string;
  epoch = "e1";
  /** All events as they were published. */
  readonly published: Event[] = [];
  #replay = new Replay();
  /** The messages and notes after each event, and before the first one. */
  readonly #states = [this.#replay.entries()];
  #moments: Moment[] = [{ last_seq: 0, read_seq: 0 }];

  constructor(topic = TOPIC) {
    this.topic = topic;
  }

  get last_seq(): number {
    return this.published.length;
  }

  get read_seq(): number {
    return this.moment(0).read_seq;
  }

  /** The moment before the latest `lag` changes. */
  moment(lag: number): Moment {
    const at = Math.max(0, this.#moments.length - 1 - lag);
    return this.#moments[at] as Moment;
  }

  /** The messages and notes in their state at a seq. */
  state(at = this.last_seq): ReadonlyMap<number, Entry> {
    return this.#states[at] ?? new Map();
  }

  entries(): Entry[] {
    return [...this.state().values()];
  }

  /** The events after `after` as the log has them now: what was deleted is erased. */
  events(after: number, limit = Number.POSITIVE_INFINITY): Event[] {
    return this.published.slice(after, after + limit).map((event) => this.#erased(event, this.last_seq));
  }

  #erased(event: Event, at: number): Event {
    if (event.type === "edit") {
      const target = this.state(at).get(event.target);
      return target?.type === "message" && target.deleted ? { ...event, text: "" } : event;
    }
    const now = this.state(at).get(event.seq);
    if (event.type !== "message" || now?.type !== "message") return event;
    const { original_message: quote, text, ...rest } = event;
    if (now.deleted) return { ...rest, text: "", deleted: now.deleted };
    return now.original_message ? { ...event, original_message: now.original_message } : event;
  }

  // What people do

  #header(sender: string) {
    return header(this.last_seq + 1, sender, this.topic);
  }

  publish(event: Event): Event {
    this.published.push(event);
    this.#replay.apply(event);
    this.#states.push(this.#replay.entries());
    const read_seq = event.type === "message" && event.sender === ME ? event.seq : this.read_seq;
    this.#moments.push({ last_seq: event.seq, read_seq });
    return event;
  }

  say(sender: string, quoted?: number): Event {
    const event = messageEvent(this.last_seq + 1, sender, this.topic);
    const original = quoted === undefined ? undefined : this.state().get(quoted);
    if (original?.type !== "message") return this.publish(event);
    const { seq, sender: author, text } = original;
    return this.publish({ ...event, original_message: { seq, sender: author, text } });
  }

  /** A join, a leave, a change of the room, or something of which only newer clients know. */
  note(type: "join" | "leave" | "room" | "applause", sender: string): Event {
    const base = this.#header(sender);
    const bodies = {
      join: { type, name: `new${base.seq}` },
      leave: { type, name: sender },
      room: { type, title: `Title ${base.seq}`, purpose: "", private: false },
      applause: { type, loud: true },
    };
    return this.publish({ ...base, ...bodies[type] } as Event);
  }

  edit(target: number, text: string): Event {
    const sender = this.state().get(target)?.sender ?? "";
    return this.publish({ ...this.#header(sender), type: "edit", target, text });
  }

  delete(target: number, sender: string): Event {
    return this.publish({ ...this.#header(sender), type: "delete", target });
  }

  /** Adds a reaction, or removes it if it exists. */
  react(target: number, sender: string, emoji: string): Event {
    const isSame = (event: Event) =>
      event.type === "react" && event.target === target && event.sender === sender && event.emoji === emoji;
    const last = this.published.findLast(isSame);
    const on = !(last?.type === "react" && last.on);
    return this.publish({ ...this.#header(sender), type: "react", target, emoji, on });
  }

  /** The messages that are not deleted. */
  present(): Message[] {
    return this.entries().filter((entry): entry is Message => entry.type === "message" && !entry.deleted);
  }

  /** I have read up to there, on some device. */
  read(seq: number): void {
    const read_seq = Math.max(this.read_seq, Math.min(seq, this.last_seq));
    if (read_seq > this.read_seq) this.#moments.push({ last_seq: this.last_seq, read_seq });
  }

  /** A backup is restored: the log ends at `last_seq` and goes on differently. */
  rewind(last_seq: number): void {
    this.epoch = `${this.epoch}'`;
    this.published.length = last_seq;
    this.#states.length = last_seq + 1;
    this.#replay = new Replay();
    for (const event of this.published) this.#replay.apply(event);
    this.#moments = [{ last_seq, read_seq: Math.min(this.read_seq, last_seq) }];
  }

  // What the server answers

  /** The number of others' messages after `read_seq`. */
  unread(read_seq: number, last_seq: number): number {
    return this.published.filter(
      ({ type, seq, sender }) => type === "message" && sender !== ME && seq > read_seq && seq <= last_seq,
    ).length;
  }

  /** The response of `GET /rooms/{topic}`. The last message has its current text, but not its other changes. */
  room(lag = 0): Room {
    const { last_seq, read_seq } = this.moment(lag);
    return this.roomAt(last_seq, read_seq);
  }

  roomAt(last_seq: number, read_seq = 0): Room {
    const unread = this.unread(read_seq, last_seq);
    const room: Room = { ...emptyRoom(this.topic), epoch: this.epoch, last_seq, read_seq, unread };
    for (const event of this.published.slice(0, last_seq)) {
      if (event.type === "join") room.members += 1;
      if (event.type === "leave") room.members = Math.max(0, room.members - 1);
      if (event.type === "room") Object.assign(room, { title: event.title, purpose: event.purpose });
      if (event.type === "message") room.last_message = event;
    }
    if (room.last_message) room.last_message = this.#asEdited(room.last_message, last_seq);
    return room;
  }

  #asEdited(event: Event, at: number): Event {
    const now = this.state(at).get(event.seq);
    if (event.type !== "message" || now?.type !== "message") return event;
    return { ...this.#erased(event, at), text: now.text } as Event;
  }

  /** The response of `GET /messages/{topic}`. */
  messages(place: Place, limit: number, last_seq = this.last_seq): Messages {
    const all = [...this.state(last_seq).values()].filter((entry) => entry.type === "message");
    const [from, to] = bounds(all, place, limit, last_seq);
    const isInside = ({ seq }: { seq: number }) => from <= seq && seq <= to;
    // The notes of a newer server may be of other types, too.
    const isNote = ({ type }: Event) => !["message", "edit", "delete", "react"].includes(type);
    const notes = this.published.filter((event) => isInside(event) && isNote(event));
    const messages = all.filter(isInside);
    return { topic: this.topic, epoch: this.epoch, last_seq, from, to, messages, notes };
  }

  /** The same as the client takes it. */
  stretch(place: Place, limit: number, last_seq = this.last_seq): Stretch {
    const { epoch, from, to } = this.messages(place, limit, last_seq);
    const entries = [...this.state(last_seq).values()].filter(({ seq }) => from <= seq && seq <= to);
    return { epoch, last_seq, from, to, entries };
  }
}
