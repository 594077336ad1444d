import { isTemporary } from "@chinwag/client";
import type { ReactNode } from "react";
import { Button } from "../ui/button.tsx";
import { failureWords } from "../words.ts";
import styles from "./embed.module.css";
import { EMBED_WORDS, endedWords } from "./embed-words.ts";
import type { Stage } from "./shared-chat.ts";

interface Props {
  readonly stage: Extract<Stage, { at: "failed" | "ended" }>;
  /** Whether another token can be had. */
  readonly renews: boolean;
  readonly onRetry: () => void;
}

/** Why there is no connection, and what can be done. */
export const Trouble = ({ stage, renews, onRetry }: Props) => {
  if (stage.at === "ended")
    return <Message text={endedWords(stage.why)}>{renews && <Retry onRetry={onRetry} />}</Message>;
  const { what, failure } = stage;
  if (what === "token")
    return (
      <Message text={EMBED_WORDS.noToken}>
        <Retry label={EMBED_WORDS.tryNow} onRetry={onRetry} />
      </Message>
    );
  if (failure.code === "not_authenticated")
    return <Message text={EMBED_WORDS.tokenRefused}>{renews && <Retry onRetry={onRetry} />}</Message>;
  if (isTemporary(failure))
    return (
      <Message text={EMBED_WORDS.retries}>
        <Retry label={EMBED_WORDS.tryNow} onRetry={onRetry} />
      </Message>
    );
  return (
    <Message text={failureWords(failure)}>
      <Retry onRetry={onRetry} />
    </Message>
  );
};

interface RetryProps {
  readonly label?: string;
  readonly disabled?: boolean;
  readonly onRetry: () => void;
}

export const Retry = ({ label = EMBED_WORDS.tryAgain, disabled = false, onRetry }: RetryProps) => (
  <Button disabled={disabled} onClick={onRetry}>
    {label}
  </Button>
);

/** A message in place of the room. */
export const Message = ({ text, children }: { text: string; children?: ReactNode }) => (
  <div className={styles.message} role="status">
    <p>{text}</p>
    {children}
  </div>
);
