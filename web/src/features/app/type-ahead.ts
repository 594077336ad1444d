let typed = "";
let stop: (() => void) | undefined;

/** Milliseconds after which a dialog that has not come does not get what is typed any more. */
const PATIENCE = 2_000;

/**
 * Keeps what is typed for a dialog that is about to open: its code may still be loading, and what had the focus before
 * is not meant.
 */
export const typeAhead = (): void => {
  stop?.();
  typed = "";
  const ended = new AbortController();
  stop = () => {
    clearTimeout(timer);
    ended.abort();
    typed = "";
  };
  const timer = setTimeout(stop, PATIENCE);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.key === "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key.length === 1) typed += event.key;
    if (event.key === "Backspace") typed = typed.slice(0, -1);
  };
  addEventListener("keydown", onKeyDown, { capture: true, signal: ended.signal });
};

/** What was typed for the dialog whose field has the focus now. */
export const takeTyped = (): string => {
  const taken = typed;
  stop?.();
  return taken;
};
