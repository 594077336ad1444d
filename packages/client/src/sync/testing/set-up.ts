import { vi } from "vitest";
import { entriesOf } from "../../state/log.ts";
import { newStore, TOPIC } from "../../state/testing/events.ts";
import { Server } from "../../state/testing/server.ts";
import { Sync } from "../sync.ts";
import { FakeApi } from "./api.ts";

/** Resolves when everything that needs no time has happened. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A client whose server has one room with this many messages. */
export const setUp = (length = 3) => {
  const [store, api, server] = [newStore(), new FakeApi(), new Server()];
  for (let at = 0; at < length; at += 1) server.say("bo");
  api.add(server);
  const handlers = { trouble: vi.fn(), notice: vi.fn(), answered: vi.fn() };
  const sync = new Sync(store, api, handlers);
  /** An MQTT message arrives: a value, or the text itself. */
  const arrive = (topic: string, value: unknown) =>
    sync.take(topic, new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value)));
  const note = (value: object) => arrive("users/ana/inbox", value);
  const held = (topic = TOPIC) => store.state.rooms.get(topic);
  return {
    ...{ store, api, server, sync, arrive, note, held, ...handlers },
    /** Opens the room, and fetches it. */
    open: async () => {
      store.dispatch({ type: "open", topic: TOPIC });
      await sync.refresh();
      api.takeAsked();
    },
    /** The seqs of the entries that are held. */
    seqs: (): number[] => entriesOf(held()?.log ?? { segments: [], chunks: new Map() }).map(({ seq }) => seq),
    last: (topic = TOPIC) => held(topic)?.room.last_seq,
  };
};

/** The numbers from one to another. */
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
