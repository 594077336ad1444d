import { useChatState } from "@chinwag/react";
import { useMemo } from "react";
import styles from "./unsent-bar.module.css";

/** Leads to what was not sent to a room that I am no longer in: nothing else does. */
export const UnsentBar = ({ open }: { open: string | undefined }) => {
  const ready = useChatState((state) => state.ready);
  const outbox = useChatState((state) => state.outbox);
  const rooms = useChatState((state) => state.rooms);
  const topic = useMemo(
    () => outbox.find((entry) => entry.topic !== open && !Object.hasOwn(rooms, entry.topic))?.topic,
    [outbox, open, rooms],
  );
  if (!ready || topic === undefined) return null;
  return (
    <p className={styles.bar}>
      <span>
        A message was not sent to <bdi>{topic}</bdi>.
      </span>
      <a href={`#/${encodeURI(topic)}`}>Look at it</a>
    </p>
  );
};
