import { useText } from "@chinwag/react/language";
import { Button, Logo, Spinner } from "@chinwag/react/ui";
import { useEffect, useEffectEvent, useState } from "react";
import styles from "./welcome.module.css";

/** Milliseconds before the first attempt by itself, and the most between two. */
const FIRST = 2_000;
const MOST = 30_000;

/** Shown while loading, or when the server does not answer; then it tries again by itself. */
export const Waiting = ({ onRetry }: { onRetry?: () => Promise<void> }) => {
  const t = useText();
  return (
    <main className={styles.waiting}>
      <Logo size={56} />
      {onRetry ? <Retrying onRetry={onRetry} /> : <Spinner label={t("loading")} />}
    </main>
  );
};

const Retrying = ({ onRetry }: { onRetry: () => Promise<void> }) => {
  const t = useText();
  const [attempt, setAttempt] = useState(0);
  const [trying, setTrying] = useState(false);

  const retry = useEffectEvent(async () => {
    if (trying) return;
    setTrying(true);
    await onRetry();
    setTrying(false);
    setAttempt(attempt + 1);
  });
  useEffect(() => {
    const timer = setTimeout(retry, Math.min(MOST, FIRST * 2 ** attempt));
    const now = () => void retry();
    addEventListener("online", now);
    return () => {
      clearTimeout(timer);
      removeEventListener("online", now);
    };
  }, [attempt]);

  return (
    <>
      <p role="status">{t("page.unreachable")}</p>
      <Button look="primary" disabled={trying} onClick={() => retry()}>
        {t("tryNow")}
      </Button>
    </>
  );
};
