import { composer, entryAt, type RoomState } from "@chinwag/client";
import type { Quote } from "@chinwag/protocol";
import { ArrowUp, Paperclip } from "lucide-react";
import {
  type ClipboardEvent,
  type KeyboardEvent,
  lazy,
  memo,
  type Ref,
  Suspense,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
} from "react";
import { useChat, useEntry, useView } from "../chat-context.tsx";
import { useEmbedded } from "../embedded.ts";
import { useText } from "../language/index.ts";
import { IconButton } from "../ui/button.tsx";
import { directionOf } from "../ui/direction-of.ts";
import { hasKeyboard } from "../ui/has-keyboard.ts";
import { isComposing } from "../ui/is-composing.ts";
import { AnswerBar } from "./answer-bar.tsx";
import styles from "./composer.module.css";
import { readFiles } from "./files.ts";
import { problemInWords } from "./problem.ts";

const FileChips = lazy(() => import("./file-chips.tsx"));

export interface ComposerHandle {
  focus(): void;
  attach(files: readonly File[]): void;
  answer(quote: Quote): void;
  mention(name: string): void;
}

interface Props {
  readonly ref: Ref<ComposerHandle>;
  readonly topic: string;
  readonly title: string;
  readonly onSaid: () => void;
  /** Called for the arrow up, if nothing is written. */
  readonly onUp: () => void;
}

/** The input for messages and files. It is not drawn again with each message that arrives. */
export const Composer = memo(({ ref, topic, title, onSaid, onUp }: Props) => {
  const t = useText();
  const chat = useChat();
  const embedded = useEmbedded();
  const draft = useMemo(() => composer(chat, topic), [chat, topic]);
  const now = useView(draft);
  const { text, files, quote, problem, isEmpty, isReading } = now;
  const input = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  useHeight(input, text);

  const attach = (chosen: readonly File[]) => void draft.attach(readFiles(chosen));
  useImperativeHandle(ref, () => ({
    focus: () => input.current?.focus(),
    attach,
    answer: (quote) => {
      draft.answer(quote);
      input.current?.focus();
    },
    mention: (name) => {
      draft.mention(name);
      input.current?.focus();
    },
  }));

  const isDeleted = useEntry(chat.store.state.rooms, topic, (held) => isGone(held, quote));
  const answering = isDeleted ? undefined : quote;
  const say = () => {
    if (quote && !answering) draft.cancelAnswer();
    if (draft.send()) onSaid();
    input.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    if (event.key === "Enter" && !event.shiftKey && hasKeyboard()) {
      event.preventDefault();
      say();
    }
    if (event.key === "Escape" && answering) draft.cancelAnswer();
    if (event.key === "ArrowUp" && text === "") {
      event.preventDefault();
      onUp();
    }
  };

  const onPaste = (event: ClipboardEvent) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    attach([...event.clipboardData.files]);
  };

  return (
    <footer className={styles.composer}>
      <div className={styles.card}>
        {answering && <AnswerBar quote={answering} onCancel={draft.cancelAnswer} />}
        {files.length > 0 && (
          <Suspense fallback={<div className={styles.files} />}>
            <FileChips files={files} onRemove={draft.removeFile} />
          </Suspense>
        )}
        {problem && (
          <p className={styles.problem} role="alert">
            {problemInWords(problem)}
          </p>
        )}
        <div className={styles.bar}>
          <IconButton
            label={t("composer.attach")}
            className={styles.attach ?? ""}
            onClick={() => picker.current?.click()}
          >
            <Paperclip size={20} />
          </IconButton>
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            aria-label={t("composer.files")}
            onChange={({ target }) => {
              attach([...(target.files ?? [])]);
              target.value = "";
            }}
          />
          <textarea
            ref={input}
            rows={1}
            dir={directionOf({ value: text })}
            aria-label={t("composer.message", { room: title })}
            placeholder={t("composer.message", { room: title })}
            // biome-ignore lint/a11y/noAutofocus: somebody who opens a room and has a keyboard is about to write
            autoFocus={!embedded && hasKeyboard()}
            value={text}
            onChange={(event) => {
              draft.setText(event.target.value);
              chat.typing(topic, event.target.value.trim() !== "");
            }}
            onKeyDown={onKeyDown}
            onPaste={onPaste}
          />
          <button
            type="button"
            className={styles.send}
            aria-label={t("composer.send")}
            title={t("composer.send")}
            disabled={(isEmpty && !isReading) || problem?.code === "too_long"}
            // Without focus on the button, a phone's keyboard stays open.
            onPointerDown={(event) => event.preventDefault()}
            onClick={say}
          >
            <ArrowUp size={21} strokeWidth={2.4} />
          </button>
        </div>
      </div>
    </footer>
  );
});

/** Whether the message that is being answered was deleted; then it is no longer answered. */
const isGone = (held: RoomState | undefined, quote: Quote | undefined): boolean => {
  const entry = held && quote && entryAt(held.log, quote.seq);
  return entry?.type === "message" && entry.deleted !== undefined;
};

/** Where the browser can't fit the height to the text by itself (`field-sizing`), fits it up to the style's maximum. */
const useHeight = (input: { readonly current: HTMLTextAreaElement | null }, text: string) => {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is what changes the height
  useLayoutEffect(() => {
    const element = input.current;
    if (!element || CSS.supports("field-sizing", "content")) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [input, text]);
};
