import {
  createLayout,
  entryAt,
  type Log,
  quoted,
  type RoomState,
  type Row,
  waitingIn,
} from "@chinwag/client";
import type { Quote } from "@chinwag/protocol";
import { ArrowDown } from "lucide-react";
import { type Ref, useImperativeHandle, useMemo, useState } from "react";
import { Virtualizer } from "virtua";
import { useCell, useChat, useMe } from "../chat-context.tsx";
import { briefCount } from "../ui/count.ts";
import { Spinner } from "../ui/spinner.tsx";
import { dayHeading, dayOf } from "../ui/time.ts";
import { Message } from "./message.tsx";
import { NoteLine } from "./note-line.tsx";
import { Pending } from "./pending.tsx";
import { RoomStart } from "./room-start.tsx";
import styles from "./timeline.module.css";
import { useJump } from "./use-jump.ts";
import { useLooking } from "./use-looking.ts";
import { useNewLine } from "./use-new-line.ts";
import { useSegment } from "./use-segment.ts";
import { useTimelineScroll } from "./use-timeline-scroll.ts";

export interface TimelineHandle {
  /** Scrolls to the end and removes the "new messages" line, after sending a message. */
  toEnd(): void;
}

interface Props {
  readonly ref: Ref<TimelineHandle>;
  readonly held: RoomState;
  readonly onAnswer: (quote: Quote) => void;
  readonly onAddPeople?: (() => void) | undefined;
}

/** The messages of a room; only visible rows are rendered. */
export const Timeline = ({ ref, held, onAnswer, onAddPeople }: Props) => {
  const { room, log } = held;
  const { topic, direct } = room;
  const me = useMe();
  const chat = useChat();
  const looking = useLooking();
  const { newAfter, clearLine } = useNewLine(room, looking);
  const jump = useJump(held, undefined);
  const { segment, isLive, view, toEnd } = useSegment(held, jump.target);
  const allWaiting = useCell(chat.store.state.outbox);
  const outbox = useMemo(() => (isLive ? waitingIn(allWaiting, topic) : []), [allWaiting, topic, isLive]);
  // If the line belongs above everything shown, it is not shown, because any other place would be wrong.
  const lineAfter = newAfter !== undefined && segment && segment.from <= newAfter + 1 ? newAfter : undefined;
  const layout = useMemo(() => createLayout({ me, direct, dayOf }), [me, direct]);
  const rows = useMemo(
    () => (segment ? layout({ log, segment, outbox, newAfter: lineAfter }) : []),
    [layout, log, segment, outbox, lineAfter],
  );
  const scroll = useTimelineScroll({
    held,
    rows,
    segment,
    isLive,
    view,
    looking,
    target: jump.target,
    onArrived: jump.arrived,
  });
  const goToEnd = () => {
    jump.cancel();
    toEnd();
    scroll.toEnd();
  };

  useImperativeHandle(ref, () => ({
    toEnd: () => {
      clearLine();
      goToEnd();
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
            quoted={row.event.original_message && quotedIn(log, row.event.original_message)}
            seen={room.direct && (held.reads.get(room.title) ?? 0) >= row.event.seq}
            flash={jump.flash === row.event.seq}
            onAnswer={onAnswer}
            onJump={jump.jumpTo}
          />
        );
      case "pending":
        return <Pending row={row} quoted={row.entry.quote && quotedIn(log, row.entry.quote)} />;
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
          key={view}
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
      {(scroll.loading || jump.fetching !== undefined) && (
        <div className={styles.older}>
          <Spinner label="Loading older messages" />
        </div>
      )}
      {(!scroll.atEnd || !isLive) && (
        <button
          type="button"
          className={styles.toEnd}
          onClick={goToEnd}
          aria-label="Go to the newest message"
        >
          <ArrowDown size={18} />
          {room.unread > 0 && `${briefCount(room.unread)} new`}
        </button>
      )}
    </div>
  );
};

/** The current text of a quote. */
const quotedIn = (log: Log, quote: Quote): string => quoted(quote, entryAt(log, quote.seq));

/** Announces new messages of others to screen readers. */
const LatestWord = ({ held }: { held: RoomState }) => {
  const me = useMe();
  const [from] = useState(held.head);
  const last = held.room.last_message;
  const isNew = last?.type === "message" && !last.deleted && last.seq > from && last.sender !== me;
  return (
    <p className="visually-hidden" aria-live="polite">
      {isNew && `${last.sender}: ${last.text || "sent a file"}`}
    </p>
  );
};
