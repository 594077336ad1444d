import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createStore } from "../state/store.ts";
import { emptyRoom, ME, TOPIC } from "../state/testing/events.ts";
import { Server } from "../state/testing/server.ts";
import { Alerts } from "./alerts.ts";

const setUp = (direct: boolean) => {
  const store = createStore({ name: ME, admin: false });
  const server = new Server();
  store.dispatch({ type: "rooms", rooms: [{ ...emptyRoom(TOPIC), direct }] });
  const alert = vi.fn();
  const alerts = new Alerts({ store, alert });
  const hear = (sender: string) => {
    const event = server.say(sender);
    alerts.arrived(event);
    store.dispatch({ type: "events", topic: TOPIC, events: [event] });
    return event;
  };
  return { store, server, alert, alerts, hear };
};

describe("alerts", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("are for messages in direct conversations that stay unread", () => {
    const { alert, hear } = setUp(true);
    const { seq } = hear("bo");
    hear(ME);
    expect(alert).not.toHaveBeenCalled();
    vi.runAllTimers();
    // Sending has moved my cursor past the first.
    expect(alert).not.toHaveBeenCalled();
    const next = hear("bo");
    vi.runAllTimers();
    expect(seq).toBe(1);
    expect(alert.mock.calls).toEqual([
      [{ topic: TOPIC, seq: next.seq, sender: "bo", text: expect.any(String) }],
    ]);
  });

  it("are not for what was read meanwhile, here or on another device", () => {
    const { alert, hear, store } = setUp(true);
    const { seq } = hear("bo");
    store.dispatch({ type: "unread", topic: TOPIC, read_seq: seq, unread: 0 });
    vi.runAllTimers();
    expect(alert).not.toHaveBeenCalled();
  });

  it("are not for every message of a room, but for those that mention me", () => {
    const { alert, alerts, hear } = setUp(false);
    const { seq } = hear("bo");
    vi.runAllTimers();
    expect(alert).not.toHaveBeenCalled();
    alerts.mentioned({ topic: TOPIC, seq, sender: "bo" });
    vi.runAllTimers();
    expect(alert).toHaveBeenCalledTimes(1);
  });

  it("come once for a mention in a direct conversation", () => {
    const { alert, alerts, hear } = setUp(true);
    const { seq } = hear("bo");
    alerts.mentioned({ topic: TOPIC, seq, sender: "bo" });
    vi.runAllTimers();
    expect(alert).toHaveBeenCalledTimes(1);
  });

  it("are not for what was deleted, or in a room that I left", () => {
    const { alert, hear, server, store } = setUp(true);
    const { seq } = hear("bo");
    store.dispatch({ type: "events", topic: TOPIC, events: [server.delete(seq, "bo")] });
    vi.runAllTimers();
    hear("bo");
    store.dispatch({ type: "gone", topic: TOPIC });
    vi.runAllTimers();
    expect(alert).not.toHaveBeenCalled();
  });

  it("end with the chat", () => {
    const { alerts, hear } = setUp(true);
    hear("bo");
    alerts.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
