import type { OutboxEntry } from "@chinwag/client";
import { waitingIn } from "@chinwag/client";
import { useMemo } from "react";
import { useCell, useChat } from "../chat-context.tsx";
import { listed, useText } from "../language/index.ts";
import { Button } from "../ui/button.tsx";
import { failureWords } from "../words.ts";
import styles from "./unsent.module.css";

/** What was not sent to a room that I am no longer in, so that its text can be copied before it is discarded. */
export const Unsent = ({ topic }: { topic: string }) => {
  const t = useText();
  const outbox = useCell(useChat().store.state.outbox);
  const entries = useMemo(() => waitingIn(outbox, topic), [outbox, topic]);
  if (entries.length === 0) return null;
  return (
    <section className={styles.unsent} aria-label={t("message.notSent")}>
      <h2>{t("message.notSent")}</h2>
      {entries.map((entry) => (
        <Entry key={entry.msg_id} entry={entry} />
      ))}
    </section>
  );
};

const Entry = ({ entry }: { entry: OutboxEntry }) => {
  const t = useText();
  const chat = useChat();
  const { problem } = entry;
  const reasons = entry.files.flatMap(({ name: file, problem }) =>
    problem ? t("message.fileRefused", { file, why: failureWords(problem) }) : [],
  );
  if (problem && reasons.length === 0) reasons.push(failureWords(problem));
  return (
    <article>
      <pre dir="auto">{entry.text || listed(entry.files.map(({ name }) => name))}</pre>
      {[...new Set(reasons)].map((reason) => (
        <p key={reason}>{reason}</p>
      ))}
      <Button small onClick={() => chat.discard(entry.msg_id)}>
        {t("message.discard")}
      </Button>
    </article>
  );
};
