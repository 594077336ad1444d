/** The last control pressed with a pointer: Safari does not focus a button that is clicked. */
let pressed: HTMLElement | undefined;

if (typeof document !== "undefined")
  document.addEventListener(
    "pointerdown",
    ({ target }) => {
      pressed =
        target instanceof Element ? (target.closest<HTMLElement>("button, a") ?? undefined) : undefined;
    },
    { capture: true },
  );

const isUsable = (element: HTMLElement): boolean =>
  element.isConnected && element !== document.body && element.checkVisibility({ visibilityProperty: true });

/** The control that is being used: it opens what opens now. */
export const opener = (): HTMLElement | undefined => {
  const active = document.activeElement;
  return active instanceof HTMLElement && active !== document.body ? active : pressed;
};

/**
 * The first of these elements that can be focused, otherwise a sensible place: the heading of the room, or of the list
 * if that is all that is shown.
 */
const focusable = (elements: readonly HTMLElement[]): HTMLElement | null => {
  const homes = document.querySelectorAll<HTMLElement>("main [data-focus-home], [data-focus-home]");
  return [...elements, ...homes].find(isUsable) ?? null;
};

/** Focuses a sensible place if nothing has the focus, as after the focused element was hidden or removed. */
export const keepFocus = (preferred: readonly HTMLElement[] = []): void => {
  const active = document.activeElement;
  if (active instanceof HTMLElement && isUsable(active)) return;
  focusable(preferred)?.focus({ preventScroll: true });
};
