import type { Message, Reaction } from "@chinwag/protocol";
import { useChat, useMe } from "../chat-context.tsx";
import { useText } from "../language/index.ts";
import { countInWords } from "../ui/count.ts";
import styles from "./reactions.module.css";
import { inWords } from "./who-reacted.ts";

/** The reactions to a message; clicking one adds or removes mine. */
export const Reactions = ({ message, mine }: { message: Message; mine: boolean }) => {
  const { reactions = [], seq, topic } = message;
  if (reactions.length === 0) return null;
  return (
    <div className={`${styles.reactions} ${mine ? styles.mine : ""}`}>
      {reactions.map((reaction) => (
        <Chip key={reaction.emoji} reaction={reaction} topic={topic} target={seq} />
      ))}
    </div>
  );
};

interface ChipProps {
  readonly reaction: Reaction;
  readonly topic: string;
  readonly target: number;
}

const Chip = ({ reaction, topic, target }: ChipProps) => {
  const t = useText();
  const chat = useChat();
  const who = inWords(reaction, useMe());
  const { emoji, count, mine } = reaction;
  return (
    <button
      type="button"
      className={styles.chip}
      aria-pressed={mine}
      aria-label={t("reaction.label", { emoji, count, who })}
      title={who}
      onClick={() => chat.react(topic, { target, emoji, on: !mine })}
    >
      <span className={styles.emoji}>{emoji}</span>
      {countInWords(count)}
    </button>
  );
};
