import { useCell, useChat, useSession } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { useCallback, useSyncExternalStore } from "react";
import styles from "./bar.module.css";

/** Leads to what was not sent to a room that I am no longer in: nothing else does. */
export const UnsentBar = ({ open }: { open: string | undefined }) => {
  const t = useText();
  const { state } = useChat().store;
  const ready = useSession((session) => session.ready);
  const outbox = useCell(state.outbox);
  const subscribe = useCallback((listener: () => void) => state.rooms.subscribeKeys(listener), [state]);
  const topic = useSyncExternalStore(
    subscribe,
    () => outbox.find((entry) => entry.topic !== open && !state.rooms.has(entry.topic))?.topic,
  );
  if (!ready || topic === undefined) return null;
  return (
    <p className={styles.bar}>
      <span>{t.rich("unsent.notice", { room: <bdi>{topic}</bdi> })}</span>
      <a href={`#/${encodeURI(topic)}`}>{t("unsent.look")}</a>
    </p>
  );
};
