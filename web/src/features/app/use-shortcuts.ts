import { useEffect } from "react";
import { toggleDialog } from "./open-dialog.ts";
import { typeAhead } from "./type-ahead.ts";

const hasText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");

/** The keys that work everywhere; `features/keys` lists them. */
export const useShortcuts = (): void => {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const { code, key, ctrlKey, metaKey, shiftKey, altKey, target } = event;
      // By the key's place: on a Cyrillic or Greek keyboard it has another letter.
      const isSwitcher = code === "KeyK" && (ctrlKey || metaKey) && !shiftKey && !altKey;
      const isHelp = key === "?" && !ctrlKey && !metaKey && !hasText(target);
      if (!isSwitcher && !isHelp) return;
      event.preventDefault();
      const opens = toggleDialog({ dialog: isSwitcher ? "switcher" : "keys" });
      if (opens && isSwitcher) typeAhead();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
};
