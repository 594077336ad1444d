import type { OutboxEntry } from "@chinwag/client";
import { CircleAlert } from "lucide-react";
import { useChat } from "../chat-context.tsx";
import { listed, useText } from "../language/index.ts";
import { failureWords } from "../words.ts";
import styles from "./failed-bar.module.css";

/** Messages that could not be sent: above the composer, where they hide nothing that is newer. */
export const FailedBar = ({ entries }: { entries: readonly OutboxEntry[] }) => {
  const t = useText();
  return (
    // Each is said once, when it appears.
    <div role="alert" aria-atomic="false">
      <ul className={styles.bar} aria-label={t("message.notSentAll")}>
        {entries.map((entry) => (
          <Failed key={entry.msg_id} entry={entry} />
        ))}
      </ul>
    </div>
  );
};

const Failed = ({ entry }: { entry: OutboxEntry }) => {
  const t = useText();
  const chat = useChat();
  const files = listed(entry.files.map((file) => file.name));
  return (
    <li className={styles.failed} data-status="failed">
      <CircleAlert size={18} />
      <div className={styles.text}>
        <p>
          {entry.problem
            ? t("message.notSentWhy", { why: failureWords(entry.problem) })
            : t("message.notSent")}
        </p>
        <p className={styles.said} dir="auto">
          {entry.text || files}
        </p>
      </div>
      <button type="button" onClick={() => chat.retry(entry.msg_id)}>
        {t("message.retry")}
      </button>
      <button type="button" onClick={() => chat.discard(entry.msg_id)}>
        {t("message.discard")}
      </button>
    </li>
  );
};
