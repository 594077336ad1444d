import { useTyping } from "../chat-context.tsx";
import styles from "./room.module.css";

const inWords = (names: readonly string[]): string => {
  const [first, second] = names;
  if (names.length === 1) return `${first} is typing`;
  if (names.length === 2) return `${first} and ${second} are typing`;
  return `${first}, ${second} and ${names.length - 2} more are typing`;
};

/** Shows who is typing. The line always takes up space, so that nothing moves when somebody starts. */
export const TypingLine = ({ topic }: { topic: string }) => {
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
          {inWords(names)}
        </>
      )}
    </div>
  );
};
