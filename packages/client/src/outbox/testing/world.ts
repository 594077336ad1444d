import type { Send } from "@chinwag/protocol";
import type { Outcome } from "../../connection/outcome.ts";
import type { Refused, Unreachable } from "../../failure.ts";
import type { Notice } from "../../notice.ts";
import type { DraftFile } from "../../state/model.ts";
import { createStore } from "../../state/store.ts";
import { outboxState } from "../outbox-state.ts";
import { memoryOutbox, type OutboxStorage } from "../outbox-storage.ts";
import { type Parts, Sender } from "../sender.ts";

/** Locks as in browsers: one holder per name, the others wait in a queue. */
const locks = () => {
  const line = new Map<string, Promise<void>>();
  return (name: string, work: () => Promise<void>) => {
    const turn = (line.get(name) ?? Promise.resolve()).then(work);
    line.set(name, turn);
  };
};

/** Each message is written later than the one before, in whichever tab. */
let time = 0;

/** A sender over a network that does as it is told. Two of them with the same storage and locks are two tabs. */
export const world = (storage: OutboxStorage = memoryOutbox(), lock = locks()) => {
  const store = createStore({ name: "ana", admin: false });
  const sent: { send: Send; answer: (outcome: Outcome) => void }[] = [];
  const uploads: string[] = [];
  const notices: Notice[] = [];
  const signedOut: unknown[] = [];
  const net = {
    up: true,
    slow: false,
    storedOnAck: true,
    /** What an upload ends with instead of success. */
    upload: undefined as Refused | Unreachable | undefined,
    /** The same for single files, by name. */
    uploads: new Map<string, Refused | Unreachable>(),
  };
  const parts: Parts = {
    outbox: outboxState(store),
    storage: Promise.resolve(storage),
    lock,
    notice: (notice) => notices.push(notice),
    isUp: () => net.up,
    storedOnAck: () => net.storedOnAck,
    publish: (_topic, payload) =>
      new Promise((answer) => sent.push({ send: JSON.parse(payload) as Send, answer })),
    upload: async ({ name, onProgress, signal }) => {
      onProgress(0.5);
      if (net.slow) await new Promise((_, failed) => signal.addEventListener("abort", failed));
      const failure = net.uploads.get(name) ?? net.upload;
      if (failure) throw failure;
      uploads.push(name);
      return { id: `media-${name}`, name, type: "image/png", size: 1 };
    },
    signedOut: (error) => signedOut.push(error),
    now: () => {
      time += 1;
      return time;
    },
    random: () => 0,
  };
  const texts = () => sent.map(({ send }) => send.text);
  const entries = () => store.state.outbox.get();
  const refuse = (at: number, code: "unavailable" | "not_authorized" | "too_many_requests", params = {}) =>
    sent[at]?.answer({ is: "refused", failure: { code, params, detail: "because" } });
  return {
    store,
    storage,
    lock,
    net,
    sent,
    uploads,
    notices,
    signedOut,
    texts,
    entries,
    refuse,
    /** Lets so many milliseconds pass. */
    wait: (ms: number) => {
      time += ms;
    },
    sender: new Sender(parts),
  };
};

export const say = (text: string, files: DraftFile[] = []) => ({ topic: "general", text, files });

export const file = (name: string): DraftFile => ({
  name,
  type: "image/png",
  size: 1,
  bytes: new Blob(["x"]),
});

export const settled = () => new Promise((resolve) => setImmediate(resolve));
