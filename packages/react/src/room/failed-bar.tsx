import type { OutboxEntry } from "@chinwag/client";
import { CircleAlert } from "lucide-react";
import { useChat } from "../chat-context.tsx";
import { listed, useText } from "../language/index.ts";
import { failureWords } from "../words.ts";
import styles from "./failed-bar.module.css";
import { FileProblems } from "./file-problems.tsx";

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
  const { problem, files } = entry;
  const hasBadFiles = files.some((file) => file.problem);
  // Bad files have reasons of their own.
  const others = files.filter((file) => !file.problem).map(({ name }) => name);
  const said = entry.text || listed(others);
  return (
    <li className={styles.failed} data-status="failed">
      <CircleAlert size={18} />
      <div className={styles.text}>
        <p>
          {problem && !hasBadFiles
            ? t("message.notSentWhy", { why: failureWords(problem) })
            : t("message.notSent")}
        </p>
        {said && (
          <p className={styles.said}>
            <bdi className="cut">{said}</bdi>
          </p>
        )}
      </div>
      <button type="button" onClick={() => chat.retry(entry.msg_id)}>
        {t("message.retry")}
      </button>
      <button type="button" onClick={() => chat.discard(entry.msg_id)}>
        {t("message.discard")}
      </button>
      {hasBadFiles && (
        <div className={styles.files}>
          <FileProblems entry={entry} />
        </div>
      )}
    </li>
  );
};
