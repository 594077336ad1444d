import { useChat } from "../chat-context.tsx";
import { useText } from "../language/index.ts";
import { useSteadyConnection } from "../use-steady-connection.ts";
import styles from "./room.module.css";

export const ConnectionBanner = () => {
  const t = useText();
  const chat = useChat();
  if (useSteadyConnection(false) === "live") return null;
  return (
    <div className={styles.banner} role="status">
      {t("connection.none")}
      <button type="button" onClick={chat.retryNow}>
        {t("tryNow")}
      </button>
    </div>
  );
};
