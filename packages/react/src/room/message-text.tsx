import { isLong, isOnlyEmoji, namesIn } from "@chinwag/client/text";
import { memo, useCallback, useMemo, useSyncExternalStore } from "react";
import { useChat, useMe } from "../chat-context.tsx";
import { DrawnText } from "./drawn-text.tsx";
import { Folded } from "./folded.tsx";
import styles from "./message-text.module.css";

/** The text of a message. A long one is folded. */
export const MessageText = memo(({ text }: { text: string }) => {
  const drawn = <DrawnText text={text} names={useNames(text)} me={useMe()} />;
  if (isLong(text))
    return (
      <div className={styles.text}>
        <Folded>{drawn}</Folded>
      </div>
    );
  const large = isOnlyEmoji(text) ? styles.large : "";
  return <div className={`${styles.text} ${styles.blocks} ${large}`}>{drawn}</div>;
});

/** The names in a text that people have, one on each line: a message is drawn anew only when these change. */
const useNames = (text: string): string => {
  const { people, me } = useChat().store.state;
  const names = useMemo(() => namesIn(text), [text]);
  const subscribe = useCallback(
    (listener: () => void) => {
      const stops = names.map((name) => people.subscribe(name, listener));
      return () => {
        for (const stop of stops) stop();
      };
    },
    [names, people],
  );
  return useSyncExternalStore(subscribe, () =>
    names.filter((name) => name === me.name || people.has(name)).join("\n"),
  );
};
