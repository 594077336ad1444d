import { describe, expect, it, vi } from "vitest";
import { newStore, TOPIC } from "./testing/events.ts";

describe("a store", () => {
  it("tells once of all that is dispatched in a batch", () => {
    const store = newStore();
    const listener = vi.fn();
    store.state.session.subscribe(listener);
    store.batch(() => {
      store.dispatch({ type: "connection", connection: "live" });
      store.dispatch({ type: "open", topic: TOPIC });
    });
    expect(listener).toHaveBeenCalledTimes(1);
    expect(store.state.session.get()).toMatchObject({ connection: "live", ready: false, open: [TOPIC] });
  });
});
