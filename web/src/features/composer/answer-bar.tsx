import { X } from "lucide-react";
import type { Quote } from "../../protocol/types.gen";
import { plain } from "../../text";
import { IconButton } from "../../ui/button";
import styles from "./composer.module.css";

/** Shows the message that is being answered. */
export const AnswerBar = ({ quote, onCancel }: { quote: Quote; onCancel: () => void }) => (
  <div className={styles.answering}>
    <div>
      Answering <strong>{quote.sender}</strong>
      <span dir="auto">{plain(quote.text)}</span>
    </div>
    <IconButton label="Don’t answer" onClick={onCancel}>
      <X size={18} />
    </IconButton>
  </div>
);
