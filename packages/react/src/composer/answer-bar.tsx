import { plain } from "@chinwag/client/text";
import type { Quote } from "@chinwag/protocol";
import { X } from "lucide-react";
import { useText } from "../language/index.ts";
import { IconButton } from "../ui/button.tsx";
import styles from "./composer.module.css";

/** Shows the message that is being replied to. */
export const AnswerBar = ({ quote, onCancel }: { quote: Quote; onCancel: () => void }) => {
  const t = useText();
  return (
    <div className={styles.answering}>
      <div>
        {t.rich("composer.replying", {
          name: (
            <strong>
              <bdi>{quote.sender}</bdi>
            </strong>
          ),
        })}
        <span>
          <bdi className="cut">{plain(quote.text)}</bdi>
        </span>
      </div>
      <IconButton label={t("composer.cancelReply")} onClick={onCancel}>
        <X size={18} />
      </IconButton>
    </div>
  );
};
