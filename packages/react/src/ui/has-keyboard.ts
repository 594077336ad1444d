/**
 * Whether there is a hardware keyboard: beside a mouse, or where nothing points at all. On a phone, Enter inserts a line
 * break, and opening a room must not raise the keyboard.
 */
export const hasKeyboard = (): boolean =>
  matchMedia("(hover: hover) and (pointer: fine), (pointer: none)").matches;
