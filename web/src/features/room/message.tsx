import { Check, CheckCheck, Reply } from "lucide-react";
import { memo } from "react";
import type { Quote } from "../../protocol/types.gen";
import type { Row } from "../../state/timeline";
import { Avatar, colourOf } from "../../ui/avatar";
import { IconButton } from "../../ui/button";
import { keepTime, timeOf, wholeTime } from "../../ui/time";
import { Attachments } from "./attachments";
import styles from "./message.module.css";
import { MessageText } from "./message-text";
import { QuoteBox } from "./quote-box";
import { useSwipe } from "./use-swipe";

interface Props {
  readonly row: Extract<Row, { kind: "message" }>;
  readonly direct: boolean;
  /** The other one of a direct conversation has read it. */
  readonly seen: boolean;
  readonly flash: boolean;
  readonly onAnswer: (quote: Quote) => void;
  readonly onJump: (seq: number) => void;
}

const classes = (...names: (string | false | undefined)[]): string => names.filter(Boolean).join(" ");

export const Message = memo(({ row, direct, seen, flash, onAnswer, onJump }: Props) => {
  const { event, mine, head, tail } = row;
  const { seq, sender, text, attachments, original_message: quote } = event;
  const answer = () =>
    onAnswer({ seq, sender, text: text || (attachments?.map((file) => file.name).join(", ") ?? "") });
  const swipe = useSwipe(answer);
  return (
    <article
      {...swipe}
      className={classes(
        styles.message,
        mine && styles.mine,
        head && styles.head,
        tail && styles.tail,
        flash && styles.flash,
      )}
      aria-label={`${mine ? "You" : sender}, ${timeOf(event.sent_at)}`}
      data-seq={seq}
    >
      {!mine && head && (
        <>
          <span className={styles.avatar}>
            <Avatar name={sender} size={36} />
          </span>
          {!direct && (
            <span className={styles.sender} style={{ color: `light-dark(${colourOf(sender)}, var(--ink))` }}>
              {sender}
            </span>
          )}
        </>
      )}
      <div className={styles.line}>
        <div className={styles.bubble} style={keepTime(timeOf(event.sent_at))}>
          {quote && <QuoteBox quote={quote} onClick={() => onJump(quote.seq)} />}
          {attachments && <Attachments files={attachments} />}
          {text && <MessageText text={text} />}
          <span className={styles.meta} title={wholeTime(event.sent_at)}>
            <time dateTime={event.sent_at}>{timeOf(event.sent_at)}</time>
            {mine && <Delivery seen={seen} />}
          </span>
        </div>
        <div className={styles.tools}>
          <IconButton label="Answer" onClick={answer}>
            <Reply size={18} />
          </IconButton>
        </div>
      </div>
    </article>
  );
});

const Delivery = ({ seen }: { seen: boolean }) =>
  seen ? (
    <CheckCheck size={14} role="img" aria-label="Seen" />
  ) : (
    <Check size={13} role="img" aria-label="Sent" />
  );
