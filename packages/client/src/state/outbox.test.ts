import type { Event } from "@chinwag/protocol";
import { describe, expect, it, vi } from "vitest";
import type { Store } from "./store.ts";
import { ME, newStore, outboxEntry, TOPIC } from "./testing/events.ts";
import { Server } from "./testing/server.ts";
import { backfill, freshStore, hear, load, refresh } from "./testing/steps.ts";

const waiting = ({ state }: Store): string[] => state.outbox.get().map(({ msg_id }) => msg_id);
const queue = (store: Store, ...ids: string[]): void =>
  store.dispatch({ type: "queued", entries: ids.map(outboxEntry) });
const own = (server: Server): Event => server.say(ME);

describe("the outbox", () => {
  it("drops what came back, live or with history", () => {
    const server = new Server();
    const store = freshStore(server);
    queue(store, "id-1", "id-2", "id-9");
    hear(store, own(server));
    expect(waiting(store)).toEqual(["id-2", "id-9"]);
    own(server);
    store.dispatch({ type: "start_over", topic: TOPIC });
    refresh(store, server);
    load(store, server, { before: 3 }, 10);
    expect(waiting(store)).toEqual(["id-9"]);
  });

  it("keeps showing what is beyond a gap, so that nothing disappears meanwhile", () => {
    const server = new Server();
    const store = freshStore(server);
    server.say("bo");
    queue(store, "id-2");
    hear(store, own(server));
    expect(waiting(store)).toEqual(["id-2"]);
    backfill(store, server, 10);
    expect(waiting(store)).toEqual([]);
  });

  it("does not take somebody else's message with the same key for mine", () => {
    const server = new Server();
    const store = freshStore(server);
    queue(store, "id-1");
    hear(store, server.say("bo"));
    expect(waiting(store)).toEqual(["id-1"]);
  });

  it("never lists an entry twice, and keeps the order of writing", () => {
    const store = newStore();
    store.dispatch({ type: "queued", entries: [{ ...outboxEntry("b"), created_at: 2 }] });
    queue(store, "a", "b");
    expect(waiting(store)).toEqual(["a", "b"]);
  });

  it("knows the problem of a failed entry until it is tried again", () => {
    const store = newStore();
    queue(store, "a", "b");
    store.dispatch({ type: "status", msg_id: "a", status: "failed", problem: { code: "echo" } });
    expect(store.state.outbox.get()[0]).toMatchObject({ status: "failed", problem: { code: "echo" } });
    expect(store.state.outbox.get()[1]).toEqual(outboxEntry("b"));
    store.dispatch({ type: "status", msg_id: "a", status: "pending" });
    expect(store.state.outbox.get()[0]).not.toHaveProperty("problem");
  });

  it("follows the upload of one file among several", () => {
    const store = newStore();
    const file = { name: "a.png", type: "image/png", size: 1, bytes: new Blob(["x"]) };
    const files = [0, 1, 2].map((number) => ({ ...file, number }));
    store.dispatch({ type: "queued", entries: [{ ...outboxEntry("a"), files }] });
    store.dispatch({ type: "file_removed", msg_id: "a", number: 0 });
    store.dispatch({ type: "file", msg_id: "a", number: 2, change: { progress: 0.5 } });
    expect(store.state.outbox.get()[0]?.files).toEqual([files[1], { ...files[2], progress: 0.5 }]);
  });

  it("erases the quote of a deleted message, in its own room only, and says nothing without need", () => {
    const server = new Server();
    const store = freshStore(server);
    const quote = { seq: 1, sender: "bo", text: "a secret" };
    const other = { ...outboxEntry("other"), topic: "walks", quote };
    store.dispatch({ type: "queued", entries: [{ ...outboxEntry("here"), quote }, other] });
    hear(store, server.say("bo"), server.say("bo"));
    const listener = vi.fn();
    store.state.outbox.subscribe(listener);
    hear(store, server.delete(2, "bo"));
    expect(listener).not.toHaveBeenCalled();
    hear(store, server.delete(1, "bo"));
    expect(store.state.outbox.get().map((entry) => entry.quote?.text)).toEqual(["", "a secret"]);
    expect(listener).toHaveBeenCalledTimes(1);
  });
});
