import { useChat } from "../chat-context.tsx";
import { useSteadyConnection } from "../use-steady-connection.ts";
import styles from "./room.module.css";

export const ConnectionBanner = () => {
  const chat = useChat();
  if (useSteadyConnection(false) === "live") return null;
  return (
    <div className={styles.banner} role="status">
      No connection. What you write is kept and sent later.
      <button type="button" onClick={chat.retryNow}>
        Try now
      </button>
    </div>
  );
};
