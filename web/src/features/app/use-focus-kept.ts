import { keepFocus } from "@chinwag/react/ui";
import { useEffect, useRef } from "react";
import { hrefOf } from "./route.ts";

/**
 * On a phone the list and the room replace each other, and what had the focus is hidden with them. Then the heading of
 * the room gets it, or the row of the room that was left.
 */
export const useFocusKept = (topic: string | undefined, shown: boolean): void => {
  const before = useRef(topic);
  useEffect(() => {
    // At first it stays at the top of the page, where the skip link is.
    if (!shown || before.current === topic) return;
    const left = before.current;
    before.current = topic;
    const row = left && document.querySelector<HTMLElement>(`a[href="${CSS.escape(hrefOf(left))}"]`);
    keepFocus(row ? [row] : []);
  }, [topic, shown]);
};
