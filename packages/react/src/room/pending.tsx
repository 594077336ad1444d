import type { Row } from "@chinwag/client";
import { Check, Clock3 } from "lucide-react";
import { lazy, Suspense } from "react";
import { useText } from "../language/index.ts";
import { keepTime, timeOf } from "../ui/time.ts";
import { FilePlaces } from "./attachments.tsx";
import styles from "./message.module.css";
import { MessageText } from "./message-text.tsx";
import { QuoteBox } from "./quote-box.tsx";

const Delayed = lazy(() => import("./delayed.tsx"));
const WaitingFiles = lazy(() => import("./waiting-files.tsx"));

const STATUS = {
  pending: { key: "message.waiting", icon: <Clock3 size={13} /> },
  sent: { key: "message.sent", icon: <Check size={13} /> },
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
  const t = useText();
  const { entry, head, tail } = row;
  const { key, icon } = STATUS[entry.status === "sent" ? "sent" : "pending"];
  const words = t(key);
  const names = [styles.message, styles.mine, head && styles.head, tail && styles.tail, styles[entry.status]];
  return (
    <article
      className={names.filter(Boolean).join(" ")}
      aria-label={t("message.labelPending", { time: timeOf(entry.created_at), status: words })}
      data-status={entry.status}
      tabIndex={tabStop ? 0 : -1}
    >
      <div className={styles.line}>
        <div
          className={`${styles.bubble} ${entry.text ? "" : styles.filesOnly}`}
          style={keepTime(timeOf(entry.created_at))}
        >
          {entry.quote && <QuoteBox quote={{ ...entry.quote, text: quoted ?? entry.quote.text }} />}
          {entry.files.length > 0 && (
            <Suspense fallback={<FilePlaces files={entry.files} />}>
              <WaitingFiles entry={entry} />
            </Suspense>
          )}
          {entry.text && <MessageText text={entry.text} />}
          <span className={styles.meta} title={words}>
            <time>{timeOf(entry.created_at)}</time>
            {icon}
          </span>
        </div>
      </div>
      {entry.status === "pending" && entry.problem && (
        <Suspense>
          <Delayed entry={entry} problem={entry.problem} />
        </Suspense>
      )}
    </article>
  );
};
