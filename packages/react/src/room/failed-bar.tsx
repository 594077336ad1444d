import type { OutboxEntry } from "@chinwag/client";
import { CircleAlert } from "lucide-react";
import { useChat } from "../chat-context.tsx";
import { failureWords } from "../words.ts";
import styles from "./failed-bar.module.css";

/** Messages that could not be sent: above the composer, where they hide nothing that is newer. */
export const FailedBar = ({ entries }: { entries: readonly OutboxEntry[] }) =>
  entries.length > 0 && (
    <ul className={styles.bar} aria-label="Messages that were not sent">
      {entries.map((entry) => (
        <Failed key={entry.msg_id} entry={entry} />
      ))}
    </ul>
  );

const Failed = ({ entry }: { entry: OutboxEntry }) => {
  const chat = useChat();
  const files = entry.files.map((file) => file.name).join(", ");
  return (
    <li className={styles.failed} data-status="failed">
      <CircleAlert size={18} />
      <div className={styles.text}>
        <p>Not sent. {entry.problem && failureWords(entry.problem)}</p>
        <p className={styles.said} dir="auto">
          {entry.text || files}
        </p>
      </div>
      <button type="button" onClick={() => chat.retry(entry.msg_id)}>
        Retry
      </button>
      <button type="button" onClick={() => chat.discard(entry.msg_id)}>
        Discard
      </button>
    </li>
  );
};
