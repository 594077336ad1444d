import type { Row } from "@chinwag/client";
import { quoteOf } from "@chinwag/client";
import type { Message as MessageNow, Quote } from "@chinwag/protocol";
import { Check, CheckCheck } from "lucide-react";
import { type MouseEvent, memo } from "react";
import { useMe } from "../chat-context.tsx";
import { useText } from "../language/index.ts";
import { Avatar, colourOf } from "../ui/avatar.tsx";
import { useContextMenu } from "../ui/context-menu.tsx";
import { keepTime, timeOf, wholeTime } from "../ui/time.ts";
import { Attachments } from "./attachments.tsx";
import styles from "./message.module.css";
import { useMessageActions } from "./message-actions.tsx";
import { MessageText } from "./message-text.tsx";
import { MessageTools } from "./message-tools.tsx";
import { PersonButton } from "./person-button.tsx";
import { QuoteBox } from "./quote-box.tsx";
import { Reactions } from "./reactions.tsx";
import { useSwipe } from "./use-swipe.ts";

interface Props {
  readonly row: Extract<Row, { kind: "message" }>;
  readonly direct: boolean;
  /** Whether the other person of a direct conversation has read it. */
  readonly seen: boolean;
  /** The current text of its quote. */
  readonly quoted: string | undefined;
  readonly flash: boolean;
  /** Whether the Tab key stops here: at one message only. */
  readonly tabStop: boolean;
  readonly onAnswer: (quote: Quote) => void;
  readonly onJump: (seq: number) => void;
}

const classes = (...names: (string | false | undefined)[]): string => names.filter(Boolean).join(" ");

export const Message = memo(({ row, direct, seen, quoted, flash, tabStop, onAnswer, onJump }: Props) => {
  const t = useText();
  const { event, mine, head, tail } = row;
  const { seq, sender, deleted } = event;
  const answer = () => onAnswer(quoteOf(event));
  const swipe = useSwipe(answer);
  const { items, dialog } = useMessageActions({ message: event, mine, onAnswer: answer });
  const { handlers, menu } = useContextMenu(items, hasOwnMenu);
  const onClick = ({ currentTarget, target }: MouseEvent<HTMLElement>) => {
    // A tap on a message shows its tools, where nothing hovers.
    if (!(target instanceof Element) || target.closest("a, button, audio, video, summary")) return;
    if (getSelection()?.isCollapsed ?? true) currentTarget.focus({ preventScroll: true });
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard reaches the message by the arrow keys
    <article
      {...(deleted ? {} : together(swipe, handlers))}
      onClick={onClick}
      className={classes(
        styles.message,
        mine && styles.mine,
        head && styles.head,
        tail && styles.tail,
        flash && styles.flash,
      )}
      aria-label={
        mine
          ? t("message.labelMine", { time: timeOf(event.sent_at) })
          : t("message.label", { name: sender, time: timeOf(event.sent_at) })
      }
      data-seq={seq}
      data-direct={direct}
      tabIndex={tabStop ? 0 : -1}
    >
      {!mine && head && (
        <PersonButton
          name={sender}
          className={direct ? styles.avatar : styles.from}
          aria-label={direct ? sender : undefined}
          tabIndex={tabStop ? 0 : -1}
        >
          <Avatar name={sender} size={36} />
          {!direct && (
            <span className={styles.sender} style={{ color: inkOf(sender) }}>
              <bdi>{sender}</bdi>
            </span>
          )}
        </PersonButton>
      )}
      <div className={styles.line}>
        {deleted ? (
          <Deleted message={event} />
        ) : (
          <>
            <Bubble message={event} mine={mine} seen={seen} quoted={quoted} onJump={onJump} />
            <MessageTools mine={mine} items={items} onAnswer={answer} />
          </>
        )}
      </div>
      <Reactions message={event} mine={mine} />
      {!deleted && menu}
      {!deleted && dialog}
    </article>
  );
});

/** Whether the browser's own menu is of more use: for links, pictures and players, and for text that is selected. */
const hasOwnMenu = ({ target }: { readonly target: EventTarget }): boolean =>
  (target instanceof Element && target.closest("a, img, audio, video") !== null) ||
  !(getSelection()?.isCollapsed ?? true);

type Handlers = Readonly<Record<string, (event: never) => void>>;

/** Both sets of event handlers. */
const together = <A extends Handlers, B extends Handlers>(first: A, second: B): A & B => {
  const both: Record<string, (event: never) => void> = { ...first, ...second };
  for (const name of Object.keys(first))
    both[name] = (event) => {
      first[name]?.(event);
      second[name]?.(event);
    };
  return both as A & B;
};

type BubbleProps = Pick<Props, "seen" | "quoted" | "onJump"> & {
  readonly message: MessageNow;
  readonly mine: boolean;
};

const Bubble = ({ message, mine, seen, quoted, onJump }: BubbleProps) => {
  const t = useText();
  const { sent_at, text, attachments, edited, original_message: quote } = message;
  const time = timeOf(sent_at);
  return (
    <div
      className={classes(styles.bubble, !text && styles.filesOnly)}
      style={keepTime(edited ? `${t("message.edited")} ${time}` : time)}
    >
      {quote && (
        <QuoteBox quote={{ ...quote, text: quoted ?? quote.text }} onClick={() => onJump(quote.seq)} />
      )}
      {attachments && <Attachments message={message} />}
      {text && <MessageText text={text} />}
      <span className={styles.meta} title={wholeTime(sent_at)}>
        {edited && (
          <span title={t("message.editedAt", { time: wholeTime(edited.at) })}>{t("message.edited")}</span>
        )}
        <time dateTime={sent_at}>{time}</time>
        {mine && <Delivery seen={seen} />}
      </span>
    </div>
  );
};

/** The colour of a name: that of its face, lighter in the dark, where that would be hard to read. */
const inkOf = (name: string): string => {
  const colour = colourOf(name);
  return `light-dark(${colour}, color-mix(in srgb, ${colour} 45%, white))`;
};

/** Shown for a deleted message: who deleted it, unless it was its sender. */
const Deleted = ({ message: { sender, sent_at, deleted } }: { message: MessageNow }) => {
  const t = useText();
  const me = useMe();
  const words = () => {
    if (!deleted || deleted.by === sender) return t("message.deleted");
    return deleted.by === me ? t("message.deletedByYou") : t("message.deletedBy", { name: deleted.by });
  };
  return (
    <div className={classes(styles.bubble, styles.deleted)}>
      <span>{words()}</span>
      <span className={styles.meta} title={wholeTime(sent_at)}>
        <time dateTime={sent_at}>{timeOf(sent_at)}</time>
      </span>
    </div>
  );
};

const Delivery = ({ seen }: { seen: boolean }) => {
  const t = useText();
  return seen ? (
    <CheckCheck size={14} role="img" aria-label={t("message.seen")} />
  ) : (
    <Check size={13} role="img" aria-label={t("message.sent")} />
  );
};
