import { memo, useMemo } from "react";
import { isLong, isOnlyEmoji, namesIn } from "../../text";
import { useChatState, useMe } from "../app/chat-context";
import { DrawnText } from "./drawn-text";
import { Folded } from "./folded";
import styles from "./message-text.module.css";
import { TEXT_WORDS } from "./text-words";

/** The text of a message. A long one is folded. */
export const MessageText = memo(({ text }: { text: string }) => {
  const drawn = <DrawnText text={text} names={useNames(text)} me={useMe()} words={TEXT_WORDS} />;
  if (isLong(text))
    return (
      <div className={styles.text}>
        <Folded words={TEXT_WORDS}>{drawn}</Folded>
      </div>
    );
  const large = isOnlyEmoji(text) ? styles.large : "";
  return <div className={`${styles.text} ${styles.blocks} ${large}`}>{drawn}</div>;
});

/** The names in a text that people have, one on each line: a message is drawn anew only when these change. */
const useNames = (text: string): string => {
  const names = useMemo(() => namesIn(text), [text]);
  return useChatState(({ me, people }) =>
    names.filter((name) => name === me.name || Object.hasOwn(people, name)).join("\n"),
  );
};
