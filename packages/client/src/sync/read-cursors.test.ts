import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { emptyRoom, newStore, TOPIC } from "../state/testing/events.ts";
import { ReadCursors } from "./read-cursors.ts";

const room = { ...emptyRoom(TOPIC), last_seq: 9, unread: 9 };

const setUp = () => {
  const store = newStore();
  store.dispatch({ type: "rooms", rooms: [room] });
  const told: number[] = [];
  const cursors = new ReadCursors({
    store,
    isUp: () => true,
    publish: async (_, seq) => {
      told.push(seq);
      return { is: "stored" };
    },
  });
  return { told, cursors };
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("tells the server at most once in an interval", async () => {
  const { told, cursors } = setUp();
  for (const seq of [1, 2, 3]) cursors.read(TOPIC, seq);
  expect(told).toEqual([1]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told).toEqual([1, 3]);
});

it("tells the server at once when the page may end, and nothing twice", async () => {
  const { told, cursors } = setUp();
  for (const seq of [1, 2, 3]) cursors.read(TOPIC, seq);
  await vi.advanceTimersByTimeAsync(10);
  cursors.tellNow();
  expect(told).toEqual([1, 3]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(told).toEqual([1, 3]);
});
