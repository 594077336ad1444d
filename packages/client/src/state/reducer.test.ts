import type { Event, Message, Room } from "@chinwag/protocol";
import { REACTION_NAMES } from "@chinwag/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Entry } from "./message.ts";
import { emptyState, type OutboxEntry, type RoomState, type State } from "./model.ts";
import { type Action, reduce } from "./reducer.ts";
import { CHANGES_KEPT, hasGap, KEPT_WHEN_CLOSED } from "./room.ts";

const ME = "ana";
const TOPIC = "general";

const message = (seq: number, sender: string): Extract<Event, { type: "message" }> => ({
  seq,
  topic: TOPIC,
  sender,
  sent_at: new Date(1_790_000_000_000 + seq * 1000).toISOString(),
  type: "message",
  msg_id: `id-${seq}`,
  text: `text ${seq}`,
});

/** A reaction as the server stores it. */
interface OneReaction {
  readonly target: number;
  readonly emoji: string;
  readonly name: string;
}

/** A minimal fake server: a log and the responses about it. */
class Server {
  epoch = "e1";
  readonly log: Event[] = [];
  /** Messages in their current state, by seq. */
  readonly messages = new Map<number, Omit<Message, "reactions">>();
  reactions: OneReaction[] = [];
  read_seq = 0;

  /** The common fields of the next event. */
  #base(sender: string) {
    const { seq, topic, sent_at } = message(this.log.length + 1, sender);
    return { seq, topic, sender, sent_at };
  }

  #take(event: Event): Event {
    this.log.push(event);
    return event;
  }

  /** Picks a message that is not deleted. */
  pick(choice: number): Omit<Message, "reactions"> | undefined {
    const there = [...this.messages.values()].filter(({ deleted }) => !deleted);
    return there[choice % Math.max(1, there.length)];
  }

  answer(target: number, sender: string): Event {
    const quoted = this.messages.get(target);
    if (!quoted) throw new Error("there is nothing to answer");
    const original_message = { seq: target, sender: quoted.sender, text: quoted.text };
    return this.#message({ ...message(this.log.length + 1, sender), original_message });
  }

  edit(target: number, text: string): Event {
    const now = this.messages.get(target);
    const base = this.#base(now?.sender ?? "");
    if (!now) throw new Error("there is nothing to edit");
    const edited = { seq: base.seq, at: base.sent_at };
    this.messages.set(target, { ...now, text, edited, changed_seq: base.seq });
    return this.#take({ ...base, type: "edit", target, text });
  }

  delete(target: number, sender: string): Event {
    const event = this.#take({ ...this.#base(sender), type: "delete", target });
    const deleted = { seq: event.seq, by: sender };
    for (const [index, old] of this.log.entries()) {
      if (old.type === "edit" && old.target === target) this.log[index] = { ...old, text: "" };
      if (old.type !== "message") continue;
      const { original_message: quote, attachments: _, ...rest } = old;
      if (old.seq === target) this.log[index] = { ...rest, text: "", deleted };
      if (quote?.seq !== target) continue;
      this.log[index] = { ...old, original_message: { ...quote, text: "" } };
      const answer = this.messages.get(old.seq);
      if (answer?.original_message)
        this.messages.set(old.seq, { ...answer, original_message: { ...quote, text: "" } });
    }
    this.messages.set(target, { ...(this.log[target - 1] as Message), changed_seq: event.seq });
    this.reactions = this.reactions.filter((each) => each.target !== target);
    return event;
  }

  /** Adds a reaction, or removes it if it exists. */
  react(target: number, name: string, emoji: string): Event {
    const left = this.reactions.filter(
      (each) => each.target !== target || each.name !== name || each.emoji !== emoji,
    );
    const on = left.length === this.reactions.length;
    this.reactions = on ? [...left, { target, emoji, name }] : left;
    const event = this.#take({ ...this.#base(name), type: "react", target, emoji, on });
    const now = this.messages.get(target);
    if (now) this.messages.set(target, { ...now, changed_seq: event.seq });
    return event;
  }

  /** Changes the message at `choice`, or sends a message if there is none. */
  change(what: "edit" | "delete" | "answer" | "👍" | "🎉", choice: number, who: string): Event {
    const target = this.pick(choice)?.seq;
    if (target === undefined) return this.say(0, who);
    if (what === "edit") return this.edit(target, `text ${this.log.length}`);
    if (what === "delete") return this.delete(target, who);
    return what === "answer" ? this.answer(target, who) : this.react(target, who, what);
  }

  #message(event: Extract<Event, { type: "message" }>): Event {
    this.messages.set(event.seq, { ...event, changed_seq: event.seq });
    // Sending a message moves the sender's own read cursor.
    if (event.sender === ME) this.read_seq = event.seq;
    return this.#take(event);
  }

  #asItStands(now: Omit<Message, "reactions">): Message {
    const here = this.reactions.filter(({ target }) => target === now.seq);
    const reactions = [...new Set(here.map(({ emoji }) => emoji))].map((emoji) => {
      const names = here.filter((each) => each.emoji === emoji).map(({ name }) => name);
      return {
        emoji,
        count: names.length,
        names: names.slice(0, REACTION_NAMES),
        mine: names.includes(ME),
      };
    });
    return reactions.length > 0 ? { ...now, reactions } : now;
  }

  /** The entries of a client that is up to date. */
  entries(): Entry[] {
    return this.log.flatMap((event): Entry[] => {
      if (event.type === "edit" || event.type === "delete" || event.type === "react") return [];
      const now = this.messages.get(event.seq);
      if (event.type !== "message") return [event];
      return now ? [this.#asItStands(now)] : [];
    });
  }

  say(kind: number, sender: string): Event {
    const base = this.#base(sender);
    const { seq } = base;
    if (kind === 0) return this.#message(message(seq, sender));
    const event = [
      { ...base, type: "join", name: `new${seq}` },
      { ...base, type: "leave", name: sender },
      { ...base, type: "room", title: `Title ${seq}`, purpose: "", private: false },
      { ...base, type: "applause", loud: true },
    ][kind - 1] as Event;
    return this.#take(event);
  }

  room(at = this.log.length): Room {
    const seen = this.log.slice(0, at);
    const room: Room = {
      topic: TOPIC,
      title: "General",
      purpose: "",
      private: false,
      direct: false,
      member: true,
      owner: false,
      members: 10,
      epoch: this.epoch,
      last_seq: at,
      read_seq: this.read_seq,
      unread: 0,
    };
    for (const event of seen) {
      if (event.type === "join") room.members += 1;
      if (event.type === "leave") room.members = Math.max(0, room.members - 1);
      if (event.type === "room") room.title = event.title;
      if (event.type !== "message") continue;
      room.last_message = event;
      if (event.seq > this.read_seq && event.sender !== ME) room.unread += 1;
    }
    return room;
  }

  older(before: number, limit: number): Action {
    const from = Math.max(1, before - limit);
    const events = this.entries().filter(({ seq }) => seq >= from && seq < before);
    const last_seq = this.log.length;
    return { type: "older", topic: TOPIC, before, epoch: this.epoch, last_seq, events, from };
  }

  /** Fills a gap as the client does: fetches the log after what it has, page by page. */
  backfill(state: State, limit: number): State {
    let next = state;
    for (let held = next.rooms[TOPIC]; held && hasGap(held); held = next.rooms[TOPIC]) {
      const after = held.room.last_seq;
      next = reduce(next, { type: "events", topic: TOPIC, events: this.log.slice(after, after + limit) });
    }
    return next;
  }
}

const start = (server: Server): State =>
  [{ type: "rooms", rooms: [server.room()] } as Action, { type: "open", topic: TOPIC } as Action].reduce(
    reduce,
    emptyState({ name: ME, admin: false }),
  );

const events = (state: State): readonly Entry[] => state.rooms[TOPIC]?.events ?? [];

const entry = (msg_id: string): OutboxEntry => ({
  msg_id,
  account: ME,
  topic: TOPIC,
  text: "hi",
  files: [],
  created_at: 1,
  status: "pending",
});

/** Everything that can happen between the first load and the final comparison. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("say" as const),
      kind: fc.nat(4),
      who: fc.nat(2),
      lost: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("change" as const),
      what: fc.constantFrom("edit", "delete", "answer", "👍", "🎉"),
      choice: fc.nat(40),
      who: fc.nat(2),
      lost: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("repeat" as const), at: fc.nat(200) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("backfill" as const), limit: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("older" as const),
      limit: fc.integer({ min: 1, max: 9 }),
      // Changes that are made and received while the response is in flight.
      meanwhile: fc.array(fc.tuple(fc.constantFrom("edit", "delete", "answer", "👍", "🎉"), fc.nat(40)), {
        maxLength: 4,
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("staleOlder" as const), before: fc.nat(200) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("rooms" as const), behind: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("read" as const), at: fc.nat(200) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const PEOPLE = [ME, "bo", "cyd"];

const perform = (server: Server, state: State, what: Step): State => {
  switch (what.do) {
    case "say": {
      const event = server.say(what.kind, PEOPLE[what.who] ?? ME);
      return what.lost ? state : reduce(state, { type: "events", topic: TOPIC, events: [event] });
    }
    case "change": {
      const event = server.change(what.what, what.choice, PEOPLE[what.who] ?? ME);
      return what.lost ? state : reduce(state, { type: "events", topic: TOPIC, events: [event] });
    }
    case "repeat": {
      const event = server.log[what.at];
      return event ? reduce(state, { type: "events", topic: TOPIC, events: [event] }) : state;
    }
    case "backfill":
      return server.backfill(state, what.limit);
    case "older": {
      const answer = server.older(state.rooms[TOPIC]?.from ?? 1, what.limit);
      const happened = what.meanwhile.map(([kind, choice]) => server.change(kind, choice, "bo"));
      return reduce(reduce(state, { type: "events", topic: TOPIC, events: happened }), answer);
    }
    case "staleOlder":
      return reduce(state, server.older(Math.min(what.before, server.log.length) + 1, 3));
    case "rooms":
      return reduce(state, {
        type: "rooms",
        rooms: [server.room(Math.max(0, server.log.length - what.behind))],
      });
    case "read": {
      const held = state.rooms[TOPIC]?.room.last_seq ?? 0;
      server.read_seq = Math.max(server.read_seq, Math.min(what.at, held));
      return reduce(state, { type: "read", topic: TOPIC, name: ME, seq: server.read_seq });
    }
  }
};

/** A room without what depends on the path to it: the remembered changes, and the order of emoji. */
const compared = (held: RoomState | undefined) => {
  const sorted = (entry: Event | Entry | undefined): unknown =>
    entry && "reactions" in entry
      ? { ...entry, reactions: entry.reactions?.toSorted((a, b) => (a.emoji < b.emoji ? -1 : 1)) }
      : entry;
  const last_message = sorted(held?.room.last_message);
  return {
    ...held,
    recent: undefined,
    events: held?.events.map(sorted),
    room: { ...held?.room, last_message },
  };
};

describe("a room", () => {
  it("is the same after any path as after a fresh load", () => {
    fc.assert(
      fc.property(fc.nat(30), fc.array(step, { maxLength: 60 }), (before, steps) => {
        const server = new Server();
        for (let i = 0; i < before; i++) server.say(i % 5, PEOPLE[i % 3] ?? ME);
        let state = steps.reduce((now, what) => perform(server, now, what), start(server));

        // Every path ends with a refresh of the rooms, the gap filled, and all history fetched.
        state = server.backfill(reduce(state, { type: "rooms", rooms: [server.room()] }), 7);
        state = reduce(state, server.older(state.rooms[TOPIC]?.from ?? 1, 1000));

        const fresh = reduce(start(server), server.older(server.log.length + 1, 1000));
        expect(events(fresh)).toEqual(server.entries());
        expect(compared(state.rooms[TOPIC])).toEqual(compared(fresh.rooms[TOPIC]));
      }),
      { numRuns: 500 },
    );
  });

  it("knows a gap and does not draw past it", () => {
    const server = new Server();
    const state = start(server);
    server.say(0, "bo");
    const ahead = reduce(state, { type: "events", topic: TOPIC, events: [server.say(0, "bo")] });
    expect(events(ahead)).toEqual([]);
    expect(ahead.rooms[TOPIC] && hasGap(ahead.rooms[TOPIC])).toBe(true);
    expect(events(server.backfill(ahead, 10)).map((event) => event.seq)).toEqual([1, 2]);
  });

  it("forgets what it holds when the log is another one", () => {
    const server = new Server();
    let state = start(server);
    state = reduce(state, {
      type: "events",
      topic: TOPIC,
      events: [server.say(0, "bo"), server.say(0, "bo")],
    });
    const restored = { ...server.room(1), epoch: "e2" };
    state = reduce(state, { type: "rooms", rooms: [restored] });
    expect(state.rooms[TOPIC]).toMatchObject({ events: [], from: 2, head: 1, room: { last_seq: 1 } });
    expect(reduce(state, server.older(2, 10))).toBe(state);
  });

  it("counts others' messages as unread, and reading takes them away", () => {
    const server = new Server();
    let state = start(server);
    for (const who of ["bo", "bo", "cyd"]) {
      state = reduce(state, { type: "events", topic: TOPIC, events: [server.say(0, who)] });
    }
    expect(state.rooms[TOPIC]?.room.unread).toBe(3);
    state = reduce(state, { type: "read", topic: TOPIC, name: ME, seq: 1 });
    expect(state.rooms[TOPIC]?.room.unread).toBe(2);
    state = reduce(state, { type: "read", topic: TOPIC, name: ME, seq: 3 });
    expect(state.rooms[TOPIC]?.room.unread).toBe(0);
    expect(reduce(state, { type: "read", topic: TOPIC, name: ME, seq: 2 })).toBe(state);
  });

  it("is read up to what I say in it myself", () => {
    const server = new Server();
    let state = start(server);
    for (const who of ["bo", ME, "cyd"]) {
      state = reduce(state, { type: "events", topic: TOPIC, events: [server.say(0, who)] });
    }
    expect(state.rooms[TOPIC]?.room).toMatchObject({ read_seq: 2, unread: 1 });
  });

  it("takes from the server how far my other devices have read", () => {
    const server = new Server();
    for (let i = 0; i < 9; i++) server.say(0, "bo");
    let state = start(server);
    expect(state.rooms[TOPIC]?.room.unread).toBe(9);
    // No events are held to count, so the server's count is used.
    state = reduce(state, { type: "unread", topic: TOPIC, read_seq: 6, unread: 3 });
    expect(state.rooms[TOPIC]?.room).toMatchObject({ read_seq: 6, unread: 3 });
    expect(reduce(state, { type: "unread", topic: TOPIC, read_seq: 5, unread: 4 })).toBe(state);
    state = reduce(state, { type: "unread", topic: TOPIC, read_seq: 9, unread: 0 });
    expect(state.rooms[TOPIC]?.room).toMatchObject({ read_seq: 9, unread: 0 });
  });

  it("lets go of old events when nobody looks", () => {
    const server = new Server();
    let state = reduce(start(server), { type: "open", topic: undefined });
    const said = Array.from({ length: KEPT_WHEN_CLOSED + 1 }, () => server.say(0, "bo"));
    state = reduce(state, { type: "events", topic: TOPIC, events: said });
    expect(events(state)).toHaveLength(KEPT_WHEN_CLOSED / 2);
    expect(state.rooms[TOPIC]?.from).toBe(events(state)[0]?.seq);
    state = reduce(state, { type: "open", topic: TOPIC });
    state = reduce(state, server.older(state.rooms[TOPIC]?.from ?? 0, 1000));
    expect(events(state)).toEqual(server.entries());
  });
});

describe("a message", () => {
  const hear = (state: State, ...happened: Event[]): State =>
    reduce(state, { type: "events", topic: TOPIC, events: happened });
  const shown = (state: State, seq: number) => events(state).find((entry) => entry.seq === seq);

  it("is what it was changed to, and no change is a line of its own or unread", () => {
    const server = new Server();
    let state = hear(start(server), server.say(0, "bo"), server.answer(1, "cyd"));
    state = reduce(state, { type: "read", topic: TOPIC, name: ME, seq: 2 });
    state = hear(state, server.edit(1, "better"), server.react(1, ME, "👍"), server.react(1, "cyd", "👍"));
    expect(shown(state, 1)).toMatchObject({
      text: "better",
      edited: { seq: 3 },
      changed_seq: 5,
      reactions: [{ emoji: "👍", count: 2, names: [ME, "cyd"], mine: true }],
    });
    state = hear(state, server.react(1, ME, "👍"));
    expect(shown(state, 1)).toMatchObject({ reactions: [{ count: 1, names: ["cyd"], mine: false }] });
    expect(hear(state, server.react(1, "cyd", "👍")).rooms[TOPIC]?.events[0]).not.toHaveProperty("reactions");
    expect(events(state)).toHaveLength(2);
    expect(state.rooms[TOPIC]?.room).toMatchObject({ last_seq: 6, unread: 0 });
  });

  it("is previewed as it stands, also where the server tells it as it was sent", () => {
    const server = new Server();
    let state = hear(start(server), server.say(0, "bo"), server.edit(1, "better"));
    expect(server.room().last_message).toMatchObject({ text: "text 1" });
    state = reduce(state, { type: "rooms", rooms: [server.room()] });
    expect(state.rooms[TOPIC]?.room.last_message).toMatchObject({ text: "better" });
  });

  it("leaves nothing of itself when it is deleted", () => {
    const server = new Server();
    let state = start(server);
    const secret = { ...server.say(0, "bo"), text: "a secret" } as Event;
    const quote = { seq: 1, sender: "bo", text: "a secret" };
    state = reduce(hear(state, secret), { type: "queued", entries: [{ ...entry("late"), quote }] });
    server.edit(1, "a better secret");
    state = hear(state, server.log[1] as Event, server.answer(1, "cyd"), server.react(1, "cyd", "👍"));
    expect(JSON.stringify(state)).toContain("secret");
    state = hear(state, server.delete(1, "ana"));
    expect(JSON.stringify(state)).not.toContain("secret");
    expect(shown(state, 1)).toEqual(server.entries()[0]);
    expect(shown(state, 1)).toMatchObject({ text: "", deleted: { seq: 5, by: "ana" } });
    expect(shown(state, 3)).toMatchObject({ original_message: { seq: 1, text: "" } });
  });

  it("of which not all are known who reacted, names whom it knows", () => {
    const server = new Server();
    const many = Array.from({ length: REACTION_NAMES + 5 }, (_, index) => `p${index}`);
    let state = hear(start(server), server.say(0, "bo"), ...many.map((name) => server.react(1, name, "👍")));
    expect(shown(state, 1)).toEqual(server.entries()[0]);
    state = hear(state, server.react(1, "p0", "👍"), server.react(1, ME, "👍"));
    expect(shown(state, 1)).toMatchObject({
      reactions: [{ count: REACTION_NAMES + 5, names: many.slice(1, REACTION_NAMES), mine: true }],
    });
  });

  it("from an answer that is too old to be brought up to date is dropped", () => {
    const server = new Server();
    server.say(0, "bo");
    const state = start(server);
    const old = server.older(2, 10);
    const happened = Array.from({ length: CHANGES_KEPT + 1 }, () => server.react(1, "bo", "👍"));
    const after = hear(state, ...happened);
    expect(events(reduce(hear(state, ...happened.slice(0, -1)), old))).toHaveLength(1);
    expect(reduce(after, old)).toBe(after);
    expect(events(reduce(after, server.older(2, 10)))).toEqual(server.entries());
  });
});

describe("the outbox", () => {
  const own = (server: Server): Event => server.say(0, ME);

  it("lets go of what came back, live or with history", () => {
    const server = new Server();
    let state = start(server);
    state = reduce(state, { type: "queued", entries: [entry("id-1"), entry("id-2"), entry("id-9")] });
    state = reduce(state, { type: "events", topic: TOPIC, events: [own(server)] });
    expect(state.outbox.map((waiting) => waiting.msg_id)).toEqual(["id-2", "id-9"]);
    own(server);
    state = reduce(state, { type: "open", topic: undefined });
    state = reduce(state, { type: "rooms", rooms: [server.room()] });
    state = reduce(state, server.older(3, 10));
    expect(state.outbox.map((waiting) => waiting.msg_id)).toEqual(["id-9"]);
  });

  it("keeps showing what is behind a gap, so nothing flickers away", () => {
    const server = new Server();
    let state = start(server);
    server.say(0, "bo");
    state = reduce(state, { type: "queued", entries: [entry("id-2")] });
    state = reduce(state, { type: "events", topic: TOPIC, events: [own(server)] });
    expect(state.outbox).toHaveLength(1);
    state = server.backfill(state, 10);
    expect(state.outbox).toHaveLength(0);
    expect(events(state)).toHaveLength(2);
  });

  it("does not take another's message with the same key for mine", () => {
    const server = new Server();
    let state = reduce(start(server), { type: "queued", entries: [entry("id-1")] });
    state = reduce(state, { type: "events", topic: TOPIC, events: [server.say(0, "bo")] });
    expect(state.outbox).toHaveLength(1);
  });

  it("never lists an entry twice, and keeps the order of writing", () => {
    let state = start(new Server());
    state = reduce(state, { type: "queued", entries: [{ ...entry("b"), created_at: 2 }] });
    state = reduce(state, { type: "queued", entries: [entry("a"), entry("b")] });
    expect(state.outbox.map((waiting) => waiting.msg_id)).toEqual(["a", "b"]);
    state = reduce(state, { type: "status", msg_id: "a", status: "failed", problem: { code: "echo" } });
    expect(state.outbox[0]).toMatchObject({ status: "failed", problem: { code: "echo" } });
    state = reduce(state, { type: "status", msg_id: "a", status: "pending" });
    expect(state.outbox[0]).not.toHaveProperty("problem");
  });
});

describe("typing", () => {
  it("ends by itself, by being taken back, and by speaking", () => {
    const server = new Server();
    let state = start(server);
    for (const name of ["bo", "cyd", "dee"]) {
      state = reduce(state, { type: "typing", topic: TOPIC, name, until: 6000 });
    }
    state = reduce(state, { type: "events", topic: TOPIC, events: [server.say(0, "bo")] });
    state = reduce(state, { type: "typing", topic: TOPIC, name: "cyd", until: 0 });
    expect(Object.keys(state.typing[TOPIC] ?? {})).toEqual(["dee"]);
    expect(reduce(state, { type: "clock", now: 6000 }).typing).toEqual({});
  });
});
