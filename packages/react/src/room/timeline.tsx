import { quoteOf, type RoomSnapshot, type RoomView } from "@chinwag/client";
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
  useRef,
  useState,
} from "react";
import { Virtualizer } from "virtua";
import { useCell } from "../chat-context.tsx";
import { useText } from "../language/index.ts";
import { Button } from "../ui/button.tsx";
import { briefCount } from "../ui/count.ts";
import { Spinner } from "../ui/spinner.tsx";
import { Announcer } from "./announcer.tsx";
import { createPlaying, PlayingContext } from "./playing.ts";
import styles from "./timeline.module.css";
import { useDrawnRows } from "./use-drawn-rows.tsx";
import { useLooking } from "./use-looking.ts";
import { useRoving } from "./use-roving.ts";
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
  readonly view: RoomView;
  readonly now: RoomSnapshot;
  readonly onAnswer: (quote: Quote) => void;
  readonly onAddPeople?: (() => void) | undefined;
  /** Called when the keyboard leaves the messages. */
  readonly onLeave: () => void;
}

/** The messages of a room; only visible rows are rendered. */
export const Timeline = ({ ref, view, now, onAnswer, onAddPeople, onLeave }: Props) => {
  const t = useText();
  const { held, rows, isLive, opening, newAbove, fetching } = now;
  const { room } = held;
  const looking = useLooking();
  // Before the view hears of anything.
  useLayoutEffect(() => view.setLooking(looking), [view, looking]);
  const scroll = useTimelineScroll({ view, now, looking });
  const goToEnd = () => {
    view.toEnd();
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
      view.clearLine();
      goToEnd();
    },
    focusLast: () => {
      scroll.release();
      rove.focusLast();
    },
  }));
  useKeepPlace(view, scroll.top);
  const addPeople = useStable(() => onAddPeople?.());
  const draw = useDrawnRows({
    held,
    text: t,
    flash: now.flash,
    stop: rove.stop,
    onAnswer: useStable(onAnswer),
    onJump: view.jumpTo,
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
            key={now.viewKey}
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
          <PlayerBar playing={playing} onJump={view.jumpTo} onClose={() => player.set(undefined)} />
        </Suspense>
      )}
      <Announcer held={held} />
      {(now.isLoadingOlder || opening === "loading" || fetching !== undefined) && (
        <div className={styles.older}>
          <Spinner label={t(fetching === undefined ? "log.older" : "log.one")} />
        </div>
      )}
      {now.isIncomplete && (
        <div className={styles.missed} role="alert">
          {t("log.failed")}
          <Button small onClick={view.retry}>
            {t("tryAgain")}
          </Button>
        </div>
      )}
      {opening === "failed" && now.segment === undefined && (
        <div className={styles.failed} role="alert">
          <p>{t("log.failed")}</p>
          <Button onClick={view.retry}>{t("tryAgain")}</Button>
        </div>
      )}
      {newAbove !== undefined && !now.isIncomplete && (
        <button type="button" className={styles.toNew} onClick={() => view.jumpTo(newAbove)}>
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

/** Remembers the place in the room until it is opened again. */
const useKeepPlace = (view: RoomView, top: () => number | "end" | undefined): void => {
  const latest = useRef(top);
  useEffect(() => {
    latest.current = top;
  });
  // At the time of a layout effect the list is still there.
  useLayoutEffect(() => () => view.leaveAt(latest.current()), [view]);
};

/** A function that stays the same object, so that rows which get it need not be drawn again. */
const useStable = <A extends unknown[]>(work: (...given: A) => void): ((...given: A) => void) => {
  const latest = useRef(work);
  useEffect(() => {
    latest.current = work;
  });
  return useCallback((...given: A) => latest.current(...given), []);
};
