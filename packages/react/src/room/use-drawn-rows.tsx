import { entryAt, type Log, quoted, type RoomState, type Row } from "@chinwag/client";
import type { Quote } from "@chinwag/protocol";
import { type ReactElement, type ReactNode, useState } from "react";
import type { Text } from "../language/index.ts";
import { Boundary } from "../ui/boundary.tsx";
import { DayLine } from "./day-line.tsx";
import { Message } from "./message.tsx";
import { NoteLine } from "./note-line.tsx";
import { Pending } from "./pending.tsx";
import { RoomStart } from "./room-start.tsx";
import styles from "./timeline.module.css";

interface Input {
  readonly held: RoomState;
  readonly text: Text;
  /** The seq of the message that is highlighted. */
  readonly flash: number | undefined;
  /** The key of the row that is the tab stop. */
  readonly stop: string | undefined;
  // Each of these is the same function in every call.
  readonly onAnswer: (quote: Quote) => void;
  readonly onJump: (seq: number) => void;
  readonly onAddPeople: (() => void) | undefined;
}

/** What a row is drawn from, besides itself. */
interface Given {
  readonly text: Text;
  readonly room?: RoomState["room"];
  readonly direct?: boolean;
  readonly quoted?: string | undefined;
  readonly seen?: boolean;
  readonly flash?: boolean;
  readonly tabStop?: boolean;
}

/** Returns a function that draws a row, as {@link createDrawing} says. */
export const useDrawnRows = (input: Input): ((row: Row) => ReactElement) => {
  const [drawing] = useState(createDrawing);
  return (row) => drawing(row, input);
};

/**
 * Returns a function that draws a row. As long as what a row is drawn from stays the same, it returns the same element,
 * which React does not look into: a new message costs nothing for those that are on screen already.
 */
export const createDrawing = () => {
  const drawn = new WeakMap<Row, { given: Given; element: ReactElement }>();
  return (row: Row, input: Input): ReactElement => {
    const given = givenFor(row, input);
    const before = drawn.get(row);
    if (before && isSame(before.given, given)) return before.element;
    const element = (
      <div key={row.key} data-key={row.key}>
        <Boundary of={row} instead={() => <p className={styles.broken}>{given.text("message.broken")}</p>}>
          {draw(row, given, input)}
        </Boundary>
      </div>
    );
    drawn.set(row, { given, element });
    return element;
  };
};

const givenFor = (row: Row, { held, text, flash, stop }: Input): Given => {
  const { room, log, reads } = held;
  const tabStop = stop === row.key;
  switch (row.kind) {
    case "start":
      return { text, room };
    case "message":
      return {
        text,
        direct: room.direct,
        quoted: row.event.original_message && quotedIn(text, log, row.event.original_message),
        seen: room.direct && (reads.get(room.title) ?? 0) >= row.event.seq,
        flash: flash === row.event.seq,
        tabStop,
      };
    case "pending":
      return { text, quoted: row.entry.quote && quotedIn(text, log, row.entry.quote), tabStop };
    default:
      return { text };
  }
};

const isSame = (one: Given, other: Given): boolean =>
  one.text === other.text &&
  one.room === other.room &&
  one.direct === other.direct &&
  one.quoted === other.quoted &&
  one.seen === other.seen &&
  one.flash === other.flash &&
  one.tabStop === other.tabStop;

const draw = (row: Row, given: Given, { held, onAnswer, onJump, onAddPeople }: Input): ReactNode => {
  const { quoted, direct = false, seen = false, flash = false, tabStop = false } = given;
  switch (row.kind) {
    case "start":
      return <RoomStart room={held.room} onAddPeople={onAddPeople} />;
    case "day":
      return <DayLine day={row.day} />;
    case "new":
      return <div className={styles.new}>{given.text("log.fresh")}</div>;
    case "note":
      return <NoteLine notes={row.notes} at={row.at} />;
    case "message":
      return (
        <Message
          row={row}
          direct={direct}
          quoted={quoted}
          seen={seen}
          flash={flash}
          tabStop={tabStop}
          onAnswer={onAnswer}
          onJump={onJump}
        />
      );
    case "pending":
      return <Pending row={row} quoted={quoted} tabStop={tabStop} />;
  }
};

/** The current text of a quote. One of files only, or of a deleted message, has none until that message is loaded. */
export const quotedIn = (t: Text, log: Log, quote: Quote): string =>
  (quoted(quote, entryAt(log, quote.seq)) ?? t("message.deleted")) || t("message.quoteFar");
