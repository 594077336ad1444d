import { type RefObject, useEffect, useState } from "react";

/** Whether any of an element is within the window: what is below it is not being read. */
export const useOnScreen = (box: RefObject<HTMLElement | null>): boolean => {
  const [onScreen, setOnScreen] = useState(false);
  useEffect(() => {
    if (!box.current) return;
    const observer = new IntersectionObserver((seen) => setOnScreen(seen.at(-1)?.isIntersecting ?? false));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [box]);
  return onScreen;
};
