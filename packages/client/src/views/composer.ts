import { ATTACHMENTS, type Quote, TEXT_BYTES } from "@chinwag/protocol";
import type { Draft, DraftFile, DraftProblem, State } from "../state/model.ts";
import { trimmed } from "../text/index.ts";
import type { View } from "./view.ts";

/** The result of reading chosen files: what can be attached, and why the rest cannot. */
export interface ReadFiles {
  readonly files: readonly DraftFile[];
  readonly problem?: DraftProblem | undefined;
}

export interface ComposerSnapshot extends Draft {
  readonly isEmpty: boolean;
  /** Whether chosen files are still being read. */
  readonly isReading: boolean;
}

export interface Composer extends View<ComposerSnapshot> {
  setText(text: string): void;
  /** Adds files once they are read, also if the room is no longer on screen by then. */
  attach(reading: Promise<ReadFiles>): Promise<void>;
  removeFile(index: number): void;
  answer(quote: Quote): void;
  cancelAnswer(): void;
  /** Adds somebody's name to the text. */
  mention(name: string): void;
  /** Sends the message, at once or as soon as its files are read; returns whether it was sent at once. */
  send(): boolean;
}

interface Chat {
  readonly store: { readonly state: State };
  say(message: { topic: string; text: string; quote?: Quote | undefined; files: readonly DraftFile[] }): void;
}

const NOTHING: Draft = { text: "", files: [], reading: 0 };

const encoder = new TextEncoder();

/** What is being written in a room. It is a part of the state, so a look at another room loses nothing. */
export const composer = (chat: Chat, topic: string): Composer => {
  const { drafts } = chat.store.state;
  let wantsSend = false;
  let last: { draft: Draft; snapshot: ComposerSnapshot } | undefined;

  const draft = (): Draft => drafts.get(topic) ?? NOTHING;
  const change = (part: Partial<Draft>): void => {
    const next = { ...draft(), ...part };
    const isNothing = next.text === "" && next.files.length === 0 && !next.quote && next.reading === 0;
    if (isNothing && !next.problem) drafts.delete(topic);
    else drafts.set(topic, next);
  };

  const send = (): boolean => {
    const { text, files, quote, reading, problem } = draft();
    const said = trimmed(text);
    if (reading > 0) {
      wantsSend = true;
      return false;
    }
    if ((said === "" && files.length === 0) || problem?.code === "too_long") return false;
    // In this order, so that the text is stored in the outbox before the draft is removed.
    chat.say({ topic, text: said, quote, files });
    drafts.delete(topic);
    return true;
  };

  const setText = (text: string): void =>
    change({ text, problem: tooLong(text) ?? withoutLength(draft().problem) });

  return {
    getSnapshot: () => {
      const now = draft();
      if (last?.draft !== now) last = { draft: now, snapshot: snapshotOf(now) };
      return last.snapshot;
    },
    subscribe: (listener) => drafts.subscribe(topic, listener),
    setText,
    attach: async (reading) => {
      change({ reading: draft().reading + 1 });
      let read: ReadFiles = { files: [] };
      try {
        read = await reading;
      } finally {
        const files = [...draft().files, ...read.files];
        const problem =
          read.problem ??
          (files.length > ATTACHMENTS ? ({ code: "too_many_files", most: ATTACHMENTS } as const) : undefined);
        change({
          reading: draft().reading - 1,
          files: files.slice(0, ATTACHMENTS),
          problem: tooLong(draft().text) ?? problem,
        });
        // What was submitted meanwhile waits for somebody to look if a file is missing.
        const goOn = wantsSend && !problem && draft().reading === 0;
        if (goOn || problem) wantsSend = false;
        if (goOn) send();
      }
    },
    removeFile: (index) =>
      change({ files: draft().files.filter((_, at) => at !== index), problem: tooLong(draft().text) }),
    answer: (quote) => change({ quote }),
    cancelAnswer: () => change({ quote: undefined }),
    mention: (name) => {
      const { text } = draft();
      setText(`${text}${/\S$/u.test(text) ? " " : ""}@${name} `);
    },
    send,
  };
};

const snapshotOf = (draft: Draft): ComposerSnapshot => ({
  ...draft,
  isEmpty: trimmed(draft.text) === "" && draft.files.length === 0,
  isReading: draft.reading > 0,
});

const tooLong = (text: string): DraftProblem | undefined => {
  // Each UTF-16 unit is at least one byte: most texts need not be encoded to be counted.
  if (text.length * 3 <= TEXT_BYTES) return undefined;
  const over = encoder.encode(text).length - TEXT_BYTES;
  return over > 0 ? { code: "too_long", over } : undefined;
};

const withoutLength = (problem: DraftProblem | undefined): DraftProblem | undefined =>
  problem?.code === "too_long" ? undefined : problem;
