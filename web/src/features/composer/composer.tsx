import { ArrowUp, Paperclip } from "lucide-react";
import {
  type ClipboardEvent,
  type KeyboardEvent,
  type Ref,
  useEffect,
  useEffectEvent,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { ATTACHMENTS, TEXT_BYTES } from "../../protocol/limits.gen";
import type { Quote, Room } from "../../protocol/types.gen";
import type { OutboxFile } from "../../state/model";
import { trimmed } from "../../text";
import { IconButton } from "../../ui/button";
import { useChat, useMe } from "../app/chat-context";
import { AnswerBar } from "./answer-bar";
import styles from "./composer.module.css";
import { loadDraft, saveDraft } from "./draft";
import { FileChips } from "./file-chips";
import { takeFiles } from "./files";

export interface ComposerHandle {
  focus(): void;
  attach(files: readonly File[]): void;
}

interface Props {
  readonly ref: Ref<ComposerHandle>;
  readonly room: Room;
  readonly answering: Quote | undefined;
  readonly onCancelAnswer: () => void;
  readonly onSaid: () => void;
}

/**
 * Whether there is a hardware keyboard. On a phone, Enter inserts a line break, and opening a room must not raise the
 * keyboard.
 */
const hasKeyboard = (): boolean => matchMedia("(hover: hover) and (pointer: fine)").matches;

/** The input for messages and files. */
export const Composer = ({ ref, room, answering, onCancelAnswer, onSaid }: Props) => {
  const chat = useChat();
  const { text, setText, files, setFiles, reading, tooLong, refused, attach, clear } = useDraft(room.topic);
  const input = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const waiting = useRef(false);
  useHeight(input, text);

  useImperativeHandle(ref, () => ({
    focus: () => input.current?.focus(),
    attach: (files) => void attach(files),
  }));

  const empty = text.trim() === "" && files.length === 0;
  const say = () => {
    waiting.current = reading;
    if (empty || reading || tooLong) return;
    chat.say({ topic: room.topic, text: trimmed(text), quote: answering, files });
    clear();
    onSaid();
    input.current?.focus();
  };

  // Sends a message submitted while its pictures were still being read, unless one was refused.
  const sayOnceRead = useEffectEvent(() => {
    if (waiting.current && !refused) say();
    waiting.current = false;
  });
  useEffect(() => {
    if (!reading) sayOnceRead();
  }, [reading]);

  const onKeyDown = (event: KeyboardEvent) => {
    // Enter also ends the composition of a word (in Japanese, for example), which must not send.
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing && hasKeyboard()) {
      event.preventDefault();
      say();
    }
    if (event.key === "Escape" && answering) onCancelAnswer();
  };

  const onPaste = (event: ClipboardEvent) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    void attach([...event.clipboardData.files]);
  };

  return (
    <footer className={styles.composer}>
      <div className={styles.card}>
        {answering && <AnswerBar quote={answering} onCancel={onCancelAnswer} />}
        <FileChips files={files} onRemove={(index) => setFiles(files.filter((_, at) => at !== index))} />
        {(tooLong ?? refused) && (
          <p className={styles.problem} role="alert">
            {tooLong ?? refused}
          </p>
        )}
        <div className={styles.bar}>
          <IconButton
            label="Attach files"
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
            aria-label="Files to attach"
            onChange={({ target }) => {
              void attach([...(target.files ?? [])]);
              target.value = "";
            }}
          />
          <textarea
            ref={input}
            rows={1}
            dir="auto"
            aria-label={`Message ${room.title}`}
            placeholder={`Message ${room.title}`}
            // biome-ignore lint/a11y/noAutofocus: somebody who opens a room and has a keyboard is about to write
            autoFocus={hasKeyboard()}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              chat.typing(room.topic, event.target.value.trim() !== "");
            }}
            onKeyDown={onKeyDown}
            onPaste={onPaste}
          />
          <button
            type="button"
            className={styles.send}
            aria-label="Send"
            title="Send"
            disabled={empty || tooLong !== undefined}
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
};

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

const useDraft = (topic: string) => {
  const me = useMe();
  const [text, setText] = useState(() => loadDraft(me, topic));
  const [files, setFiles] = useState<readonly OutboxFile[]>([]);
  const [refused, setRefused] = useState<string>();
  /** Number of file selections still being read; a message sent meanwhile would lack these files. */
  const [looks, setLooks] = useState(0);

  const change = (next: string) => {
    setText(next);
    saveDraft(me, topic, next);
  };
  const attach = async (chosen: readonly File[]) => {
    setLooks((count) => count + 1);
    try {
      const { taken, problem } = await takeFiles(chosen);
      setFiles((held) => [...held, ...taken].slice(0, ATTACHMENTS));
      const left = files.length + taken.length - ATTACHMENTS;
      setRefused(problem ?? (left > 0 ? `${ATTACHMENTS} files at a time is the most.` : undefined));
    } finally {
      setLooks((count) => count - 1);
    }
  };
  const clear = () => {
    change("");
    setFiles([]);
    setRefused(undefined);
  };

  const over = bytesOf(text) - TEXT_BYTES;
  const tooLong = over > 0 ? `Too long by ${over} bytes. Send it in parts, or as a file.` : undefined;
  return { text, setText: change, files, setFiles, reading: looks > 0, tooLong, refused, attach, clear };
};

/** Fits the height to the text, up to the maximum in the style sheet. */
const useHeight = (input: { readonly current: HTMLTextAreaElement | null }, text: string) => {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is what changes the height
  useLayoutEffect(() => {
    const element = input.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [input, text]);
};
