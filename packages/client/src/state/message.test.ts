import type { Event, Quote } from "@chinwag/protocol";
import { REACTION_NAMES } from "@chinwag/protocol";
import { describe, expect, it } from "vitest";
import { CHANGES_KEPT } from "./limits.ts";
import { entriesOf, entryAt } from "./log.ts";
import { quoted, quoteOf } from "./message.ts";
import type { Store } from "./store.ts";
import { ME, outboxEntry, TOPIC } from "./testing/events.ts";
import { Server } from "./testing/server.ts";
import { freshStore, hear, heldOf, load, refresh } from "./testing/steps.ts";

const shown = (store: Store, seq: number) => entryAt(heldOf(store).log, seq);

const start = () => {
  const server = new Server();
  return { server, store: freshStore(server) };
};

/** Everything that the state holds, as text. */
const dump = ({ state }: Store): string => {
  const rooms = [...state.rooms.values()].map((held) => [held.room, entriesOf(held.log), held.recent]);
  return JSON.stringify([rooms, state.outbox.get()]);
};

describe("a message", () => {
  it("is shown as it was changed; changes are no entries, and not unread", () => {
    const { server, store } = start();
    hear(store, server.say("bo"), server.say("cyd", 1));
    store.dispatch({ type: "read", topic: TOPIC, name: ME, seq: 2 });
    hear(store, server.edit(1, "better"), server.react(1, ME, "👍"), server.react(1, "cyd", "👍"));
    expect(shown(store, 1)).toMatchObject({
      text: "better",
      edited: { seq: 3 },
      changed_seq: 5,
      reactions: [{ emoji: "👍", count: 2, names: [ME, "cyd"], mine: true }],
    });
    hear(store, server.react(1, ME, "👍"));
    expect(shown(store, 1)).toMatchObject({ reactions: [{ count: 1, names: ["cyd"], mine: false }] });
    hear(store, server.react(1, "cyd", "👍"));
    expect(shown(store, 1)).not.toHaveProperty("reactions");
    expect(entriesOf(heldOf(store).log).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(heldOf(store).room).toMatchObject({ last_seq: 7, unread: 0 });
  });

  it("is previewed as it is now, whether by its events or by the server's response", () => {
    const { server, store } = start();
    hear(store, server.say("bo"), server.edit(1, "better"));
    const edited = { text: "better", edited: { seq: 2 }, changed_seq: 2 };
    expect(heldOf(store).room.last_message).toMatchObject(edited);
    refresh(store, server);
    expect(heldOf(store).room.last_message).toMatchObject(edited);
    server.edit(1, "best");
    refresh(store, server);
    expect(heldOf(store).room.last_message).toMatchObject({ text: "best" });
  });

  it("leaves nothing of itself when it is deleted", () => {
    const { server, store } = start();
    hear(store, server.say("bo"));
    const secret = { text: "a secret" };
    const quote: Quote = { seq: 1, sender: "bo", ...secret };
    store.dispatch({ type: "queued", entries: [{ ...outboxEntry("late"), quote }] });
    hear(store, server.edit(1, secret.text), server.say("cyd", 1), server.react(1, "cyd", "👍"));
    expect(dump(store)).toContain("secret");
    hear(store, server.delete(1, ME));
    expect(dump(store)).not.toContain("secret");
    expect(shown(store, 1)).toEqual(server.entries()[0]);
    expect(shown(store, 1)).toMatchObject({ text: "", deleted: { seq: 5, by: ME } });
    expect(shown(store, 3)).toMatchObject({ original_message: { seq: 1, text: "" } });
  });

  it("is not shown again by a page that was made before it was deleted", () => {
    const { server, store } = start();
    server.say("bo");
    server.say("cyd", 1);
    refresh(store, server);
    const page = server.stretch({ before: 3 }, 10);
    hear(store, server.delete(1, "bo"));
    store.dispatch({ type: "stretch", topic: TOPIC, ...page });
    expect(entriesOf(heldOf(store).log)).toEqual(server.entries());
    expect(dump(store)).not.toContain("text 1");
  });

  it("counts reactions of people whose names are not known, and names those that are", () => {
    const { server, store } = start();
    const many = Array.from({ length: REACTION_NAMES + 5 }, (_, index) => `p${index}`);
    hear(store, server.say("bo"), ...many.map((name) => server.react(1, name, "👍")));
    expect(shown(store, 1)).toEqual(server.entries()[0]);
    hear(store, server.react(1, "p0", "👍"), server.react(1, ME, "👍"));
    expect(shown(store, 1)).toMatchObject({
      reactions: [{ count: REACTION_NAMES + 5, names: many.slice(1, REACTION_NAMES), mine: true }],
    });
  });

  it("is not taken from a response that is too old to be brought up to date", () => {
    const { server, store } = start();
    server.say("bo");
    refresh(store, server);
    const old = server.stretch({ before: 2 }, 10);
    const take = () => store.dispatch({ type: "stretch", topic: TOPIC, ...old });
    hear(store, ...Array.from({ length: CHANGES_KEPT }, () => server.react(1, "bo", "👍")));
    const last = server.react(1, "bo", "👍");
    hear(store, last);
    take();
    expect(shown(store, 1)).toBeUndefined();
    load(store, server, { before: 2 }, 10);
    expect(shown(store, 1)).toEqual(server.entries()[0]);
  });

  it("is brought up to date from a response that is as old as the remembered changes", () => {
    const { server, store } = start();
    server.say("bo");
    refresh(store, server);
    const old = server.stretch({ before: 2 }, 10);
    hear(store, ...Array.from({ length: CHANGES_KEPT }, () => server.react(1, "bo", "👍")));
    store.dispatch({ type: "stretch", topic: TOPIC, ...old });
    expect(shown(store, 1)).toEqual(server.entries()[0]);
  });
});

describe("a quote", () => {
  const message = (more: object) =>
    ({ ...new Server().say("bo"), changed_seq: 1, ...more }) as Parameters<typeof quoteOf>[0];
  const file = { id: "a", name: "cat.png", type: "image/png", size: 1 };

  it("of a message without text names its files", () => {
    expect(quoteOf(message({}))).toEqual({ seq: 1, sender: "bo", text: "text 1" });
    expect(quoteOf(message({ text: "", attachments: [file] })).text).toBe("cat.png");
  });

  it("says that its message was deleted, if that is known", () => {
    const quote = { seq: 1, sender: "bo", text: "text 1" };
    expect(quoted(quote, undefined)).toBe("text 1");
    expect(quoted(quote, message({ text: "better" }))).toBe("text 1");
    expect(quoted(quote, message({ text: "", deleted: { seq: 2, by: "bo" } }))).toBeUndefined();
    expect(quoted({ ...quote, text: "" }, message({ text: "", attachments: [file] }))).toBe("cat.png");
    expect(quoted(quote, new Server().note("join", "bo") as Extract<Event, { type: "join" }>)).toBe("text 1");
  });
});
