import { useTyping } from "../chat-context.tsx";
import { listed, type Text, useText } from "../language/index.ts";
import styles from "./room.module.css";

/** Names that are told at most; with more, the last is a number. */
const TOLD = 3;

const inWords = (names: readonly string[], t: Text): string => {
  const left = names.length - TOLD + 1;
  const told = left > 1 ? [...names.slice(0, TOLD - 1), t("typing.more", { count: left })] : names;
  return t("typing.some", { names: listed(told), count: names.length });
};

/** Shows who is typing. The line always takes up space, so that nothing moves when somebody starts. */
export const TypingLine = ({ topic }: { topic: string }) => {
  const t = useText();
  const names = useTyping(topic);
  return (
    <div className={styles.typing}>
      {names.length > 0 && (
        <>
          <span className={styles.dots} aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {inWords(names, t)}
        </>
      )}
    </div>
  );
};
