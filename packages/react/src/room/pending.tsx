import type { Failure, OutboxEntry, Row } from "@chinwag/client";
import { Check, Clock3 } from "lucide-react";
import { useChat } from "../chat-context.tsx";
import { keepTime, timeOf } from "../ui/time.ts";
import { failureWords } from "../words.ts";
import { WaitingFiles } from "./attachments.tsx";
import styles from "./message.module.css";
import { MessageText } from "./message-text.tsx";
import { QuoteBox } from "./quote-box.tsx";

const STATUS = {
  pending: { words: "Waiting to be sent", icon: <Clock3 size={13} /> },
  sent: { words: "Sent", icon: <Check size={13} /> },
} as const;

interface Props {
  readonly row: Extract<Row, { kind: "pending" }>;
  /** The current text of its quote. */
  readonly quoted: string | undefined;
  /** Whether the Tab key stops here: at one message only. */
  readonly tabStop: boolean;
}

/** A message of mine that has not come back from the server yet. */
export const Pending = ({ row, quoted, tabStop }: Props) => {
  const { entry, head, tail } = row;
  const { words, icon } = STATUS[entry.status === "sent" ? "sent" : "pending"];
  const names = [styles.message, styles.mine, head && styles.head, tail && styles.tail, styles[entry.status]];
  return (
    <article
      className={names.filter(Boolean).join(" ")}
      aria-label={`You, ${timeOf(entry.created_at)}, ${words}`}
      data-status={entry.status}
      tabIndex={tabStop ? 0 : -1}
    >
      <div className={styles.line}>
        <div
          className={`${styles.bubble} ${entry.text ? "" : styles.filesOnly}`}
          style={keepTime(timeOf(entry.created_at))}
        >
          {entry.quote && <QuoteBox quote={{ ...entry.quote, text: quoted ?? entry.quote.text }} />}
          {entry.files.length > 0 && <WaitingFiles files={entry.files} />}
          {entry.text && <MessageText text={entry.text} />}
          <span className={styles.meta} title={words}>
            <time>{timeOf(entry.created_at)}</time>
            {icon}
          </span>
        </div>
      </div>
      {isUploading(entry) && <Uploading entry={entry} />}
      {entry.status === "pending" && entry.problem && <Delayed entry={entry} problem={entry.problem} />}
    </article>
  );
};

const isUploading = ({ files }: OutboxEntry): boolean => files.some((file) => file.progress !== undefined);

/** Upload progress of the entry's files in percent. */
const percentOf = ({ files }: OutboxEntry): number => {
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const done = files.reduce((sum, file) => sum + file.size * (file.uploaded ? 1 : (file.progress ?? 0)), 0);
  return total > 0 ? Math.floor((done / total) * 100) : 0;
};

const Uploading = ({ entry }: { entry: OutboxEntry }) => {
  const chat = useChat();
  return (
    <div className={styles.uploading}>
      <span>Uploading, {percentOf(entry)} %</span>
      <button type="button" onClick={() => chat.discard(entry.msg_id)}>
        Cancel
      </button>
    </div>
  );
};

/** Why a message has to wait although there is a connection; it is tried again by itself. */
const Delayed = ({ entry, problem }: { entry: OutboxEntry; problem: Failure }) => {
  const chat = useChat();
  return (
    <div className={styles.uploading}>
      <span>Waiting to be sent. {failureWords(problem)}</span>
      <button type="button" onClick={() => chat.retry(entry.msg_id)}>
        Try now
      </button>
      <button type="button" onClick={() => chat.discard(entry.msg_id)}>
        Cancel
      </button>
    </div>
  );
};
