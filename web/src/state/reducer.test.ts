import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event, Room } from "../protocol/types.gen";
import { emptyState, type OutboxEntry, type State } from "./model";
import { type Action, reduce } from "./reducer";
import { hasGap, KEPT_WHEN_CLOSED } from "./room";

const ME = "ana";
const TOPIC = "general";

const message = (seq: number, sender: string): Event => ({
  seq,
  topic: TOPIC,
  sender,
  sent_at: new Date(1_790_000_000_000 + seq * 1000).toISOString(),
  type: "message",
  msg_id: `id-${seq}`,
  text: `text ${seq}`,
});

/** The server, in a few lines: a log and what it answers about it. */
class Server {
  epoch = "e1";
  readonly log: Event[] = [];
  read_seq = 0;

  say(kind: number, sender: string): Event {
    const seq = this.log.length + 1;
    const { topic, sent_at } = message(seq, sender);
    const base = { seq, topic, sender, sent_at };
    const event = [
      message(seq, sender),
      { ...base, type: "join", name: `new${seq}` },
      { ...base, type: "leave", name: sender },
      { ...base, type: "room", title: `Title ${seq}`, purpose: "", private: false },
      { ...base, type: "applause", loud: true },
    ][kind] as Event;
    this.log.push(event);
    // Sending moves one's own cursor.
    if (event.type === "message" && sender === ME) this.read_seq = seq;
    return event;
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
    const events = this.log.slice(from - 1, before - 1);
    return { type: "older", topic: TOPIC, before, epoch: this.epoch, events, from };
  }

  /** What the client does about a gap: ask for the log after what it has, page by page. */
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

const events = (state: State): readonly Event[] => state.rooms[TOPIC]?.events ?? [];

const entry = (msg_id: string): OutboxEntry => ({
  msg_id,
  account: ME,
  topic: TOPIC,
  text: "hi",
  files: [],
  created_at: 1,
  status: "pending",
});

/** Everything that can happen between a first load and a last look. */
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
  { weight: 2, arbitrary: fc.record({ do: fc.constant("repeat" as const), at: fc.nat(200) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("backfill" as const), limit: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("older" as const), limit: fc.integer({ min: 1, max: 9 }) }),
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
    case "repeat": {
      const event = server.log[what.at];
      return event ? reduce(state, { type: "events", topic: TOPIC, events: [event] }) : state;
    }
    case "backfill":
      return server.backfill(state, what.limit);
    case "older":
      return reduce(state, server.older(state.rooms[TOPIC]?.from ?? 1, what.limit));
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

describe("a room", () => {
  it("is the same after any path as after a fresh load", () => {
    fc.assert(
      fc.property(fc.nat(30), fc.array(step, { maxLength: 60 }), (before, steps) => {
        const server = new Server();
        for (let i = 0; i < before; i++) server.say(i % 5, PEOPLE[i % 3] ?? ME);
        let state = steps.reduce((now, what) => perform(server, now, what), start(server));

        // The end of every path: a look at the rooms, the gap filled, all of the history fetched.
        state = server.backfill(reduce(state, { type: "rooms", rooms: [server.room()] }), 7);
        state = reduce(state, server.older(state.rooms[TOPIC]?.from ?? 1, 1000));

        const fresh = reduce(start(server), server.older(server.log.length + 1, 1000));
        expect(events(state)).toEqual(server.log);
        expect(state.rooms).toEqual(fresh.rooms);
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
    // Nothing is held to count in: the server's count holds.
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
    expect(events(state)).toEqual(server.log);
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
    state = reduce(state, { type: "status", msg_id: "a", status: "failed", problem: "no" });
    expect(state.outbox[0]).toMatchObject({ status: "failed", problem: "no" });
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
