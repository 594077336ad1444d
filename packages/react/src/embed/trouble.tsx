import { isTemporary } from "@chinwag/client";
import type { ReactNode } from "react";
import { useText } from "../language/index.ts";
import { Button } from "../ui/button.tsx";
import { failureWords } from "../words.ts";
import styles from "./embed.module.css";
import type { Stage } from "./shared-chat.ts";

interface Props {
  readonly stage: Extract<Stage, { at: "failed" | "ended" }>;
  /** Whether another token can be had. */
  readonly renews: boolean;
  readonly onRetry: () => void;
}

/** Why there is no connection, and what can be done. */
export const Trouble = ({ stage, renews, onRetry }: Props) => {
  const t = useText();
  if (stage.at === "ended")
    return (
      <Message text={t(stage.why === "other_account" ? "embed.otherAccount" : "embed.refused")}>
        {renews && <Retry onRetry={onRetry} />}
      </Message>
    );
  const { what, failure } = stage;
  if (what === "token")
    return (
      <Message text={t("embed.noToken")}>
        <Retry label={t("tryNow")} onRetry={onRetry} />
      </Message>
    );
  if (failure.code === "not_authenticated")
    return <Message text={t("embed.refused")}>{renews && <Retry onRetry={onRetry} />}</Message>;
  if (isTemporary(failure))
    return (
      <Message text={t("embed.retries")}>
        <Retry label={t("tryNow")} onRetry={onRetry} />
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

export const Retry = ({ label, disabled = false, onRetry }: RetryProps) => {
  const t = useText();
  return (
    <Button disabled={disabled} onClick={onRetry}>
      {label ?? t("tryAgain")}
    </Button>
  );
};

/** A message in place of the room. */
export const Message = ({ text, children }: { text: string; children?: ReactNode }) => (
  <div className={styles.message} role="status">
    <p>{text}</p>
    {children}
  </div>
);
