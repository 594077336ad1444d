import type { Event, Room } from "@chinwag/protocol";
import { describe, expect, it, vi } from "vitest";
import { createStore } from "../state/store.ts";
import { emptyRoom } from "../state/testing/events.ts";
import { CONVERSATIONS_SHOWN, PEOPLE_SHOWN, roomList } from "./room-list.ts";

const message = (
  topic: string,
  sender: string,
  seq: number,
  minute: number,
): Event & { type: "message" } => ({
  seq,
  topic,
  sender,
  sent_at: new Date(Date.UTC(2026, 10, 22, 10, minute)).toISOString(),
  type: "message",
  msg_id: `${topic}-${seq}`,
  text: "hi",
});

const room = (topic: string, more: Partial<Room> = {}): Room => ({ ...emptyRoom(topic), ...more });

const talk = (name: string, minute: number, unread = 0): Room =>
  room(`dm/ana/${name}`, {
    title: name,
    direct: true,
    unread,
    last_seq: 1,
    last_message: message(`dm/ana/${name}`, name, 1, minute),
  });

const setUp = (rooms: Room[], online: string[] = []) => {
  const store = createStore({ name: "ana", admin: false });
  store.dispatch({ type: "rooms", rooms });
  store.dispatch({ type: "people", people: online.map((name) => ({ name, state: "online", live: true })) });
  return { store, view: roomList(store.state) };
};

const keys = (items: readonly { key: string }[]) => items.map(({ key }) => key);

describe("the list of rooms", () => {
  it("has the room with the latest message first, and quiet rooms by title", () => {
    const said = { last_seq: 1, last_message: message("walks", "bo", 1, 5) };
    const { store, view } = setUp([room("r10"), room("r2"), room("walks", said), room("constructor")]);
    expect(keys(view.getSnapshot().rooms)).toEqual(["r:walks", "r:constructor", "r:r2", "r:r10"]);
    store.dispatch({ type: "events", topic: "r10", events: [message("r10", "bo", 1, 6)] });
    expect(keys(view.getSnapshot().rooms)[0]).toBe("r:r10");
  });

  it("keeps every unread conversation, however old it is", () => {
    const talks = Array.from({ length: CONVERSATIONS_SHOWN + 3 }, (_, index) =>
      talk(`p${index}`, 59 - index),
    );
    const { view } = setUp([...talks, talk("zoe", 0, 2)]);
    const { conversations, moreConversations } = view.getSnapshot();
    expect(conversations).toHaveLength(CONVERSATIONS_SHOWN + 1);
    expect(conversations.at(-1)).toMatchObject({ name: "zoe" });
    expect(moreConversations).toBe(3);
  });

  it("offers some people, those who are there first, without those it lists already", () => {
    const online = Array.from(
      { length: PEOPLE_SHOWN + 9 },
      (_, index) => `p${String(index).padStart(2, "0")}`,
    );
    const { store, view } = setUp([talk("p01", 1)], ["ana", ...online]);
    store.dispatch({
      type: "presence",
      name: "p02",
      presence: { state: "offline", last_seen: "2026-11-22T10:00:00Z" },
    });
    const names = keys(view.getSnapshot().people);
    expect(names).toHaveLength(PEOPLE_SHOWN);
    expect(names.slice(0, 2)).toEqual(["p:p00", "p:p03"]);
    const { view: few } = setUp([], ["bo"]);
    const { store: quiet, view: others } = setUp([], ["bo", "cyd"]);
    quiet.dispatch({
      type: "presence",
      name: "bo",
      presence: { state: "offline", last_seen: "2026-11-22T10:00:00Z" },
    });
    expect(keys(few.getSnapshot().people)).toEqual(["p:bo"]);
    expect(keys(others.getSnapshot().people)).toEqual(["p:cyd", "p:bo"]);
  });

  it("is the same object, and tells nobody, as long as the order stays", () => {
    const said = { last_seq: 1, last_message: message("walks", "bo", 1, 5) };
    const { store, view } = setUp([room("quiet"), room("walks", { ...said, unread: 1 })]);
    const listener = vi.fn();
    const stop = view.subscribe(listener);
    const before = view.getSnapshot();
    store.dispatch({ type: "events", topic: "walks", events: [message("walks", "bo", 2, 6)] });
    expect(view.getSnapshot()).toBe(before);
    expect(listener).not.toHaveBeenCalled();
    store.dispatch({ type: "events", topic: "quiet", events: [message("quiet", "bo", 1, 7)] });
    expect(keys(view.getSnapshot().rooms)).toEqual(["r:quiet", "r:walks"]);
    expect(listener).toHaveBeenCalledOnce();
    stop();
  });
});
