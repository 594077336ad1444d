import type { Event } from "@chinwag/protocol";
import type { Failure } from "../failure.ts";
import { erased, isChange } from "./message.ts";
import type { OutboxEntry, OutboxFile, State } from "./model.ts";

/** What changes of a file; `undefined` removes it. */
export type FileChange = Partial<Pick<OutboxFile, "uploaded" | "uploaded_at" | "progress" | "problem">>;

export type OutboxAction =
  | { type: "queued"; entries: readonly OutboxEntry[] }
  | { type: "status"; msg_id: string; status: OutboxEntry["status"]; problem?: Failure }
  | { type: "entry"; msg_id: string; change: Partial<Pick<OutboxEntry, "text" | "tried" | "problem">> }
  | { type: "file"; msg_id: string; number: number; change: FileChange }
  | { type: "file_removed"; msg_id: string; number: number }
  | { type: "dropped"; msg_id: string };

type Outbox = State["outbox"];

export const reduceOutbox = (outbox: Outbox, action: OutboxAction): void => {
  switch (action.type) {
    case "queued": {
      const known = new Set(outbox.get().map((entry) => entry.msg_id));
      const added = action.entries.filter((entry) => !known.has(entry.msg_id));
      outbox.set([...outbox.get(), ...added].sort((a, b) => a.created_at - b.created_at));
      break;
    }
    case "status":
      changeEntry(outbox, action.msg_id, ({ problem: _, ...entry }) => ({
        ...entry,
        status: action.status,
        ...(action.problem === undefined ? {} : { problem: action.problem }),
      }));
      break;
    case "entry":
      changeEntry(outbox, action.msg_id, (entry) => ({ ...entry, ...action.change }));
      break;
    case "file":
      changeEntry(outbox, action.msg_id, (entry) => ({
        ...entry,
        files: entry.files.map((file) =>
          file.number === action.number ? { ...file, ...action.change } : file,
        ),
      }));
      break;
    case "file_removed":
      changeEntry(outbox, action.msg_id, (entry) => ({
        ...entry,
        files: entry.files.filter(({ number }) => number !== action.number),
      }));
      break;
    case "dropped":
      removeDelivered(outbox, [action.msg_id]);
      break;
  }
};

const changeEntry = (outbox: Outbox, msg_id: string, change: (entry: OutboxEntry) => OutboxEntry): void =>
  outbox.set(outbox.get().map((entry) => (entry.msg_id === msg_id ? change(entry) : entry)));

export const removeDelivered = (outbox: Outbox, msg_ids: readonly string[]): void => {
  const left = outbox.get().filter((entry) => !msg_ids.includes(entry.msg_id));
  if (left.length < outbox.get().length) outbox.set(left);
};

/** Erases the quotes of deleted messages in what waits and in what is being written. */
export const eraseQuotes = (
  { outbox, drafts }: Pick<State, "outbox" | "drafts">,
  topic: string,
  events: readonly Event[],
): void => {
  const deletions = events.filter(isChange).filter(({ type }) => type === "delete");
  if (deletions.length === 0) return;
  const entries = outbox.get();
  const next = entries.map((entry) => {
    if (entry.topic !== topic || !entry.quote) return entry;
    const quote = deletions.reduce(erased, entry.quote);
    return quote === entry.quote ? entry : { ...entry, quote };
  });
  if (next.some((entry, at) => entry !== entries[at])) outbox.set(next);
  const draft = drafts.get(topic);
  if (!draft?.quote) return;
  const quote = deletions.reduce(erased, draft.quote);
  if (quote !== draft.quote) drafts.set(topic, { ...draft, quote });
};

/** The entries for a room. */
export const waitingIn = (outbox: readonly OutboxEntry[], topic: string): readonly OutboxEntry[] =>
  outbox.filter((entry) => entry.topic === topic);
