import type { Failure, OutboxEntry } from "@chinwag/client";
import { useChat } from "../chat-context.tsx";
import { useText } from "../language/index.ts";
import { failureWords } from "../words.ts";
import styles from "./message.module.css";

/** Why a message has to wait although there is a connection; it is tried again by itself. */
const Delayed = ({ entry, problem }: { entry: OutboxEntry; problem: Failure }) => {
  const t = useText();
  const chat = useChat();
  return (
    <div className={styles.delayed}>
      <span>{t("message.waitingWhy", { why: failureWords(problem) })}</span>
      <button type="button" onClick={() => chat.retry(entry.msg_id)}>
        {t("tryNow")}
      </button>
      <button type="button" onClick={() => chat.discard(entry.msg_id)}>
        {t("cancel")}
      </button>
    </div>
  );
};

export default Delayed;
