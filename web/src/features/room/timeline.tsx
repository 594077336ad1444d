import { ArrowDown } from "lucide-react";
import { type Ref, useImperativeHandle, useMemo, useState } from "react";
import { Virtualizer } from "virtua";
import type { Quote } from "../../protocol/types.gen";
import { quoted } from "../../state/message";
import type { RoomState } from "../../state/model";
import { isComplete, waitingIn } from "../../state/select";
import { type Row, rowsOf } from "../../state/timeline";
import { plain } from "../../text";
import { briefCount } from "../../ui/count";
import { Spinner } from "../../ui/spinner";
import { dayHeading, dayOf } from "../../ui/time";
import { useChatState, useMe } from "../app/chat-context";
import { Message } from "./message";
import { NoteLine } from "./note-line";
import { Pending } from "./pending";
import { RoomStart } from "./room-start";
import styles from "./timeline.module.css";
import { useLooking } from "./use-looking";
import { useNewLine } from "./use-new-line";
import { useTimelineScroll } from "./use-timeline-scroll";

export interface TimelineHandle {
  /** Scrolls to the end and removes the "new messages" line, after sending a message. */
  toEnd(): void;
}

interface Props {
  readonly ref: Ref<TimelineHandle>;
  readonly held: RoomState;
  readonly onAnswer: (quote: Quote) => void;
  readonly onAddPeople: () => void;
}

/** The messages of a room; only visible rows are rendered. */
export const Timeline = ({ ref, held, onAnswer, onAddPeople }: Props) => {
  const { room, events } = held;
  const me = useMe();
  const allWaiting = useChatState((state) => state.outbox);
  const outbox = useMemo(() => waitingIn(allWaiting, room.topic), [allWaiting, room.topic]);
  const looking = useLooking();
  const { newAfter: lineAfter, clearLine } = useNewLine(room, looking);
  // If the line belongs above everything held, it is not shown, because any other place would be wrong.
  const newAfter = lineAfter !== undefined && held.from <= lineAfter + 1 ? lineAfter : undefined;
  const newAbove = lineAfter !== undefined && newAfter === undefined;
  const complete = isComplete(held);
  const rows = useMemo(
    () => rowsOf({ events, outbox, me, direct: room.direct, complete, newAfter, dayOf }),
    [events, outbox, me, room.direct, complete, newAfter],
  );
  const scroll = useTimelineScroll({ held, rows, looking, newAbove });

  useImperativeHandle(ref, () => ({
    toEnd: () => {
      clearLine();
      scroll.toEnd();
    },
  }));

  const draw = (row: Row) => {
    switch (row.kind) {
      case "start":
        return <RoomStart room={room} onAddPeople={onAddPeople} />;
      case "day":
        return (
          <div className={styles.day}>
            <span>{dayHeading(row.day)}</span>
          </div>
        );
      case "new":
        return <div className={styles.new}>New messages</div>;
      case "note":
        return <NoteLine notes={row.notes} at={row.at} />;
      case "message":
        return (
          <Message
            row={row}
            direct={room.direct}
            quoted={row.event.original_message && quoted(row.event.original_message, events)}
            seen={room.direct && (held.reads[room.title] ?? 0) >= row.event.seq}
            flash={scroll.flash === row.event.seq}
            onAnswer={onAnswer}
            onJump={scroll.jumpTo}
          />
        );
      case "pending":
        return <Pending row={row} quoted={row.entry.quote && quoted(row.entry.quote, events)} />;
    }
  };

  return (
    <div className={styles.frame}>
      <div
        ref={scroll.box}
        className={styles.scroll}
        role="log"
        // Scrolling adds and removes rows; new messages are announced by `LatestWord` below.
        aria-live="off"
        aria-label={`Messages in ${room.title}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: so that the arrow keys can scroll it
        tabIndex={0}
      >
        <div className={styles.push} />
        <Virtualizer
          ref={scroll.list}
          data={rows}
          scrollRef={scroll.box}
          shift={scroll.shift}
          bufferSize={600}
          onScroll={scroll.onScroll}
          onResize={scroll.onResize}
        >
          {(row) => <div key={row.key}>{draw(row)}</div>}
        </Virtualizer>
      </div>
      <LatestWord held={held} />
      {scroll.loading && (
        <div className={styles.older}>
          <Spinner label="Loading older messages" />
        </div>
      )}
      {!scroll.atEnd && (
        <button
          type="button"
          className={styles.toEnd}
          onClick={scroll.toEnd}
          aria-label="Go to the newest message"
        >
          <ArrowDown size={18} />
          {room.unread > 0 && `${briefCount(room.unread)} new`}
        </button>
      )}
    </div>
  );
};

/** Announces new messages of others to screen readers. */
const LatestWord = ({ held }: { held: RoomState }) => {
  const me = useMe();
  const [from] = useState(held.head);
  const last = held.room.last_message?.type === "message" ? held.room.last_message : undefined;
  const text = useMemo(() => plain(last?.text ?? ""), [last?.text]);
  const isNew = last && !last.deleted && last.seq > from && last.sender !== me;
  return (
    <p className="visually-hidden" aria-live="polite">
      {isNew && `${last.sender}: ${text || "sent a file"}`}
    </p>
  );
};
