import { createLayout, hasGap, quoteOf, type RoomState, type Row, waitingIn } from "@chinwag/client";
import type { Quote } from "@chinwag/protocol";
import { ArrowDown, ArrowUp } from "lucide-react";
import {
  lazy,
  type Ref,
  Suspense,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { Virtualizer } from "virtua";
import { useCell, useChat, useMe, useSession } from "../chat-context.tsx";
import { useText } from "../language/index.ts";
import { Button } from "../ui/button.tsx";
import { briefCount } from "../ui/count.ts";
import { Spinner } from "../ui/spinner.tsx";
import { dayOf } from "../ui/time.ts";
import { Announcer } from "./announcer.tsx";
import { createPlaying, PlayingContext } from "./playing.ts";
import styles from "./timeline.module.css";
import { useBeginAtNew } from "./use-begin-at-new.ts";
import { useDrawnRows } from "./use-drawn-rows.tsx";
import { useJump } from "./use-jump.ts";
import { useLooking } from "./use-looking.ts";
import { useNewLine } from "./use-new-line.ts";
import { useOpened } from "./use-opened.ts";
import { useRoving } from "./use-roving.ts";
import { useSegment } from "./use-segment.ts";
import { useTimelineScroll } from "./use-timeline-scroll.ts";

const PlayerBar = lazy(() => import("./player-bar.tsx"));

export interface TimelineHandle {
  /** Scrolls to the end and removes the "new messages" line, after sending a message. */
  toEnd(): void;
  /** Moves the focus to the last message. */
  focusLast(): void;
}

interface Props {
  readonly ref: Ref<TimelineHandle>;
  readonly held: RoomState;
  readonly onAnswer: (quote: Quote) => void;
  readonly onAddPeople?: (() => void) | undefined;
  /** Called when the keyboard leaves the messages. */
  readonly onLeave: () => void;
}

/** The messages of a room; only visible rows are rendered. */
export const Timeline = ({ ref, held, onAnswer, onAddPeople, onLeave }: Props) => {
  const t = useText();
  const { room } = held;
  const chat = useChat();
  const looking = useLooking();
  const { opening, retry } = useOpened(room.topic);
  // What an earlier visit left is shown before anything newer is known.
  const fetched = useSession((session) => session.ready);
  const { newAfter, clearLine } = useNewLine(room, looking, fetched);
  const place = useRef(chat.places.get(room.topic));
  const jump = useJump(held, place.current);
  const { segment, isLive, view, toEnd, stayAt } = useSegment(held, jump.target);
  // If the line belongs above everything shown, it is not shown, because any other place would be wrong.
  const isNewAbove = newAfter !== undefined && segment !== undefined && segment.from > newAfter + 1;
  const isUncertain = !fetched || hasGap(held);
  const begin = useBeginAtNew({
    held,
    segment,
    isKnown: opening === "loaded" && !isUncertain,
    hasPlace: place.current !== undefined,
    beginAt: jump.beginAt,
  });
  const rows = useRows(held, segment, isLive, isNewAbove ? undefined : newAfter);
  const scroll = useTimelineScroll({
    held,
    rows,
    segment,
    isLive,
    view,
    looking,
    // A message arrived while the history is being fetched, or there may be newer ones: the position is not known yet.
    isEarly:
      (isNewAbove && opening === "loading") ||
      (begin.isToBegin && opening !== "failed") ||
      isUncertain ||
      jump.isBeginning,
    target: jump.target,
    isReturn: jump.isReturn,
    onArrived: jump.arrived,
    onReadOn: begin.stay,
    stayAt,
  });
  const jumpTo = (seq: number) => {
    begin.stay();
    jump.jumpTo(seq);
  };
  const goToEnd = () => {
    begin.stay();
    jump.cancel();
    toEnd();
    scroll.toEnd();
  };
  const rove = useRoving({
    rows,
    list: scroll.list,
    box: scroll.box,
    onKey: (key, row) => {
      if (key !== "r" || row.kind !== "message") return false;
      onAnswer(quoteOf(row.event));
      return true;
    },
    onLeave,
  });

  const [player] = useState(createPlaying);
  const playing = useCell(player);
  const playingRow = playing
    ? rows.findIndex((row) => row.kind === "message" && row.event.seq === playing.seq)
    : -1;

  useImperativeHandle(ref, () => ({
    toEnd: () => {
      clearLine();
      goToEnd();
    },
    focusLast: () => {
      scroll.release();
      rove.focusLast();
    },
  }));
  useKeepPlace(room.topic, scroll.topSeq);
  const addPeople = useStable(() => onAddPeople?.());
  const draw = useDrawnRows({
    held,
    text: t,
    flash: jump.flash,
    stop: rove.stop,
    onAnswer: useStable(onAnswer),
    onJump: useStable(jumpTo),
    onAddPeople: onAddPeople && addPeople,
  });

  return (
    <div className={styles.frame}>
      <section
        ref={scroll.box}
        className={styles.scroll}
        aria-label={t("log.label", { room: room.title })}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: so that the keys can scroll it and lead into the messages
        tabIndex={0}
        {...rove.handlers}
      >
        <div className={styles.push} />
        <PlayingContext value={player}>
          <Virtualizer
            key={view}
            ref={scroll.list}
            data={rows}
            scrollRef={scroll.box}
            shift={scroll.shift}
            bufferSize={600}
            keepMounted={playingRow < 0 ? rove.kept : [...rove.kept, playingRow]}
            onScroll={scroll.onScroll}
            onResize={scroll.onResize}
          >
            {draw}
          </Virtualizer>
        </PlayingContext>
      </section>
      {playing && (
        <Suspense>
          <PlayerBar playing={playing} onJump={jump.jumpTo} onClose={() => player.set(undefined)} />
        </Suspense>
      )}
      <Announcer held={held} />
      {(scroll.loading || opening === "loading" || jump.fetching !== undefined) && (
        <div className={styles.older}>
          <Spinner label={t(jump.fetching === undefined ? "log.older" : "log.one")} />
        </div>
      )}
      {opening === "failed" && segment === undefined && (
        <div className={styles.failed} role="alert">
          <p>{t("log.failed")}</p>
          <Button onClick={retry}>{t("tryAgain")}</Button>
        </div>
      )}
      {isNewAbove && opening === "loaded" && newAfter !== undefined && (
        <button type="button" className={styles.toNew} onClick={() => jumpTo(newAfter + 1)}>
          <ArrowUp size={17} />
          {t("log.toNew")}
        </button>
      )}
      {!(scroll.atEnd && isLive) && (
        <button type="button" className={styles.toEnd} onClick={goToEnd} aria-label={t("log.toEnd")}>
          <ArrowDown size={18} />
          {room.unread > 0 && t("log.newCount", { count: room.unread, shown: briefCount(room.unread) })}
        </button>
      )}
    </div>
  );
};

/** The rows of what is shown; those of unchanged parts are the same objects as before. */
const useRows = (
  { room: { topic, direct }, log }: RoomState,
  segment: ReturnType<typeof useSegment>["segment"],
  isLive: boolean,
  newAfter: number | undefined,
): readonly Row[] => {
  const me = useMe();
  const all = useCell(useChat().store.state.outbox);
  const outbox = useMemo(
    () => (isLive ? waitingIn(all, topic).filter(({ status }) => status !== "failed") : []),
    [all, topic, isLive],
  );
  const layout = useMemo(() => createLayout({ me, direct, dayOf }), [me, direct]);
  return useMemo(
    () => (segment ? layout({ log, segment, outbox, newAfter }) : []),
    [layout, log, segment, outbox, newAfter],
  );
};

/** Remembers the place in the room until it is opened again; at the end there is nothing to remember. */
const useKeepPlace = (topic: string, topSeq: () => number | undefined): void => {
  const chat = useChat();
  const latest = useRef(topSeq);
  useEffect(() => {
    latest.current = topSeq;
  });
  // At the time of a layout effect the list is still there.
  useLayoutEffect(
    () => () => {
      const seq = latest.current();
      if (seq === undefined) chat.places.delete(topic);
      else chat.places.set(topic, seq);
    },
    [chat, topic],
  );
};

/** A function that stays the same object, so that rows which get it need not be drawn again. */
const useStable = <A extends unknown[]>(work: (...given: A) => void): ((...given: A) => void) => {
  const latest = useRef(work);
  useEffect(() => {
    latest.current = work;
  });
  return useCallback((...given: A) => latest.current(...given), []);
};
