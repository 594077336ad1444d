import { memo } from "react";
import { isOnlyEmoji } from "./emoji.ts";
import { renderMarkdown } from "./markdown.tsx";
import styles from "./message-text.module.css";

/** The text of a message, with basic formatting. */
export const MessageText = memo(({ text }: { text: string }) => (
  <div className={`${styles.text} ${isOnlyEmoji(text) ? styles.large : ""}`}>{renderMarkdown(text)}</div>
));
