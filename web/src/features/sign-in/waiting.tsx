import { Button, Logo, Spinner } from "@chinwag/react/ui";
import styles from "./welcome.module.css";

/** Shown while loading, or when the server does not answer. */
export const Waiting = ({ onRetry }: { onRetry?: () => void }) => (
  <main className={styles.waiting}>
    <Logo size={56} />
    {onRetry ? (
      <>
        <p>The server isn’t answering. It may be starting, or the network is down.</p>
        <Button look="primary" onClick={onRetry}>
          Try again
        </Button>
      </>
    ) : (
      <Spinner label="Loading" />
    )}
  </main>
);
