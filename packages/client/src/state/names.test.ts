import type { Event, Message, Person } from "@chinwag/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PEOPLE_SHOWN, roomList } from "../views/room-list.ts";
import { entryAt } from "./log.ts";
import { createStore, type Store } from "./store.ts";
import { emptyRoom, messageEvent } from "./testing/events.ts";
import { anyName, someNames } from "./testing/names.ts";
import { createLayout } from "./timeline.ts";

const person = (name: string): Person => ({ name, state: "online", live: true });

const said = (topic: string, seq: number, sender: string): Event => ({
  ...messageEvent(seq, sender),
  topic,
  msg_id: `${seq}`,
});

const started = (me: string, topics: readonly string[]): Store => {
  const store = createStore({ name: me, admin: false });
  store.dispatch({ type: "rooms", rooms: topics.map(emptyRoom) });
  return store;
};

/** Whatever somebody is called, what everybody else's objects inherit stays as it is. */
const checkPrototypes = (): void => {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>).constructor).toBe(Object);
};

describe("whatever names people choose", () => {
  it("each room is itself", () => {
    fc.assert(
      fc.property(someNames, anyName, (topics, other) => {
        const store = started("me", topics);
        for (const [index, topic] of topics.entries())
          for (let seq = 1; seq <= index + 1; seq += 1)
            store.dispatch({ type: "events", topic, events: [said(topic, seq, "bo")] });
        expect([...store.state.rooms.keys()]).toEqual(topics);
        for (const [index, topic] of topics.entries()) {
          const held = store.state.rooms.get(topic);
          expect(held?.room).toMatchObject({ topic, last_seq: index + 1, unread: index + 1 });
          expect(held && entryAt(held.log, index + 1)).toMatchObject({ topic });
        }
        const { rooms, unread } = roomList(store.state).getSnapshot();
        expect(rooms.map(({ key }) => key).sort()).toEqual(topics.map((topic) => `r:${topic}`).sort());
        expect([...unread].sort()).toEqual([...topics].sort());
        if (!topics.includes(other)) {
          expect(store.state.rooms.get(other)).toBeUndefined();
          store.dispatch({ type: "events", topic: other, events: [said(other, 1, "bo")] });
          store.dispatch({ type: "head", topic: other, seq: 9 });
          store.dispatch({ type: "open", topic: other });
          expect(store.state.rooms.size).toBe(topics.length);
        }
        for (const topic of topics) store.dispatch({ type: "gone", topic });
        expect(store.state.rooms.size).toBe(0);
        checkPrototypes();
      }),
    );
  });

  it("each person is present, types, reads and is a member as themselves", () => {
    fc.assert(
      fc.property(someNames, anyName, (names, topic) => {
        const store = started("me", [topic]);
        const { state, dispatch } = store;
        dispatch({ type: "people", people: names.map(person) });
        for (const [index, name] of names.entries()) {
          dispatch({ type: "presence", name, presence: { state: "away", last_seen: "x" } });
          dispatch({ type: "typing", topic, name, until: index + 1 });
          dispatch({ type: "read", topic, name, seq: index + 1 });
        }
        const others = names.filter((name) => name !== "me");
        expect([...state.people.entries()].map(([name, at]) => [name, at.name, at.state])).toEqual(
          names.map((name) => [name, name, "away"]),
        );
        const listed = others.map((name) => `p:${name}`).sort();
        expect(
          roomList(state)
            .getSnapshot()
            .people.map(({ key }) => key),
        ).toEqual(listed.slice(0, PEOPLE_SHOWN));
        expect([...(state.typing.get(topic) ?? [])]).toEqual(names.map((name, index) => [name, index + 1]));
        expect([...(state.rooms.get(topic)?.reads ?? [])].map(([name]) => name)).toEqual(others);

        const members = names.map((name) => ({ name, owner: false, read_seq: 20 }));
        dispatch({ type: "members", topic, members });
        for (const [index, name] of names.entries())
          dispatch({
            type: "events",
            topic,
            events: [{ ...said(topic, index + 1, name), type: "leave", name } as Event],
          });
        expect(state.rooms.get(topic)).toMatchObject({ members: [], room: { members: 0 } });
        expect([...(state.rooms.get(topic)?.reads.values() ?? [])]).toEqual(names.map(() => 20));
        checkPrototypes();
      }),
    );
  });

  it("messages, reactions and rows are of whom they are", () => {
    fc.assert(
      fc.property(
        someNames,
        anyName,
        anyName,
        fc.constantFrom("👍", "__proto__", "toString"),
        (names, me, topic, emoji) => {
          const store = started(me, [topic]);
          store.dispatch({ type: "open", topic });
          const hear = (event: Event) => store.dispatch({ type: "events", topic, events: [event] });
          for (const [index, name] of names.entries()) hear(said(topic, index + 1, name));
          for (const [index, name] of names.entries())
            hear({
              ...said(topic, names.length + index + 1, name),
              type: "react",
              target: 1,
              emoji,
              on: true,
            } as Event);
          const held = store.state.rooms.get(topic);
          const first = held && (entryAt(held.log, 1) as Message);
          expect(first?.reactions).toEqual([{ emoji, count: names.length, names, mine: names.includes(me) }]);
          const layout = createLayout({ me, direct: false, dayOf: () => "today" });
          const segment = { from: 1, to: names.length };
          const rows = held ? layout({ log: held.log, segment, outbox: [], newAfter: undefined }) : [];
          const drawn = rows.flatMap((row) => (row.kind === "message" ? [row] : []));
          expect(drawn.map(({ event, mine }) => [event.sender, mine])).toEqual(
            names.map((name) => [name, name === me]),
          );
          expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
          checkPrototypes();
        },
      ),
    );
  });
});
