import { plain } from "@chinwag/client/text";
import type { Quote } from "@chinwag/protocol";
import { X } from "lucide-react";
import { IconButton } from "../ui/button.tsx";
import styles from "./composer.module.css";

/** Shows the message that is being replied to. */
export const AnswerBar = ({ quote, onCancel }: { quote: Quote; onCancel: () => void }) => (
  <div className={styles.answering}>
    <div>
      Replying to{" "}
      <strong>
        <bdi>{quote.sender}</bdi>
      </strong>
      <span dir="auto">{plain(quote.text)}</span>
    </div>
    <IconButton label="Cancel the reply" onClick={onCancel}>
      <X size={18} />
    </IconButton>
  </div>
);
