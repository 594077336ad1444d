import type { KeyboardEvent } from "react";

/** Whether the key belongs to an input method, which composes a word. Safari ends composing before the last key. */
export const isComposing = ({ nativeEvent, keyCode }: KeyboardEvent): boolean =>
  nativeEvent.isComposing || keyCode === 229;
