import type { Row } from "@chinwag/client";
import { type KeyboardEvent, type RefObject, useLayoutEffect, useRef, useState } from "react";
import type { VirtualizerHandle } from "virtua";

interface Input {
  readonly rows: readonly Row[];
  readonly list: RefObject<VirtualizerHandle | null>;
  readonly box: RefObject<HTMLElement | null>;
  /** Called for a letter key on a message; returns whether it means something. */
  readonly onKey: (key: string, row: Row) => boolean;
  /** Called for Escape. */
  readonly onLeave: () => void;
}

/** The step to another message for a key; `first` and `last` are those that are held. */
const STEPS: Readonly<Record<string, number | "first" | "last">> = {
  ArrowUp: -1,
  ArrowDown: 1,
  PageUp: -10,
  PageDown: 10,
  Home: "first",
  End: "last",
};

const isMessage = (row: Row): boolean => row.kind === "message" || row.kind === "pending";

/**
 * Moves through the messages by the arrow keys: one of them is a tab stop, the last one that had the focus. Rows are drawn
 * only around the window, so the row to be focused is scrolled to first, and it stays drawn while it has the focus.
 */
export const useRoving = ({ rows, list, box, onKey, onLeave }: Input) => {
  const [stop, setStop] = useState<string>();
  const wanted = useRef<string>(undefined);
  /** The message that has the focus. Its element is another one once it is stored, and the focus must not get lost. */
  const focused = useRef<string>(undefined);
  const messages = rows.flatMap((row, index) => (isMessage(row) ? [index] : []));
  const found = rows.findIndex((row) => row.key === stop);
  // Without one, the last message is the stop.
  const current = found >= 0 ? found : (messages.at(-1) ?? -1);

  useLayoutEffect(() => {
    if (document.activeElement === document.body) wanted.current ??= focused.current;
    if (wanted.current === undefined) return;
    const article = box.current?.querySelector<HTMLElement>(
      `[data-key="${CSS.escape(wanted.current)}"] > article`,
    );
    if (!article) return;
    wanted.current = undefined;
    article.focus({ preventScroll: true });
  });

  const goTo = (index: number | undefined): void => {
    const row = index === undefined ? undefined : rows[index];
    if (index === undefined || !row) return;
    wanted.current = row.key;
    setStop(row.key);
    list.current?.scrollToIndex(index, { align: "nearest" });
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    const { target, key } = event;
    if (!(target instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey) return;
    const onArticle = target.tagName === "ARTICLE";
    // Buttons and links in a message have keys of their own.
    if (!onArticle && target !== box.current) {
      if (key === "Escape") goTo(current);
      return;
    }
    const step = STEPS[key];
    if (step !== undefined) {
      event.preventDefault();
      const at = messages.indexOf(current);
      if (step === "first") goTo(messages[0]);
      else if (step === "last") goTo(messages.at(-1));
      else if (!onArticle) goTo(current);
      else goTo(messages[Math.min(Math.max(at + step, 0), messages.length - 1)]);
    } else if (key === "Escape") {
      onLeave();
    } else if (key.length === 1 && onArticle) {
      const row = rows[current];
      // Where the focus goes, it would be typed as well.
      if (row && onKey(key.toLowerCase(), row)) event.preventDefault();
    }
  };

  const onFocus = ({ target }: { target: EventTarget }): void => {
    if (!(target instanceof HTMLElement)) return;
    const key = target.closest<HTMLElement>("[data-key]")?.dataset.key;
    if (key !== undefined) setStop(key);
    focused.current = target.tagName === "ARTICLE" ? key : undefined;
  };

  const onBlur = ({ target }: { target: Element }): void => {
    if (target.isConnected) focused.current = undefined;
  };

  return {
    /** Moves the focus to the last message. */
    focusLast: () => goTo(messages.at(-1)),
    /** The key of the row that is the tab stop. */
    stop: rows[current]?.key,
    /** The row that must stay drawn. */
    kept: found >= 0 ? [found] : [],
    handlers: { onKeyDown, onFocus, onBlur },
  };
};
