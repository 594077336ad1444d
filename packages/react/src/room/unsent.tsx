import type { OutboxEntry } from "@chinwag/client";
import { waitingIn } from "@chinwag/client";
import { useMemo } from "react";
import { useCell, useChat } from "../chat-context.tsx";
import { Button } from "../ui/button.tsx";
import { failureWords } from "../words.ts";
import styles from "./unsent.module.css";

/** What was not sent to a room that I am no longer in, so that its text can be copied before it is discarded. */
export const Unsent = ({ topic }: { topic: string }) => {
  const outbox = useCell(useChat().store.state.outbox);
  const entries = useMemo(() => waitingIn(outbox, topic), [outbox, topic]);
  if (entries.length === 0) return null;
  return (
    <section className={styles.unsent} aria-label="Not sent">
      <h2>Not sent</h2>
      {entries.map((entry) => (
        <Entry key={entry.msg_id} entry={entry} />
      ))}
    </section>
  );
};

const Entry = ({ entry }: { entry: OutboxEntry }) => {
  const chat = useChat();
  const { problem } = entry;
  return (
    <article>
      <pre>{entry.text || entry.files.map(({ name }) => name).join(", ")}</pre>
      {problem && <p>{failureWords(problem)}</p>}
      <Button small onClick={() => chat.discard(entry.msg_id)}>
        Discard
      </Button>
    </article>
  );
};
