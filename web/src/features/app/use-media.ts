import { useCallback, useSyncExternalStore } from "react";

/** Whether a media query matches now. */
export const useMedia = (query: string): boolean => {
  const subscribe = useCallback(
    (listener: () => void) => {
      const media = matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
};

/** Whether the room and the list replace each other. */
export const ONE_COLUMN = "(max-width: 760px)";
/** Whether there is room for the members beside the room. */
export const THREE_COLUMNS = "(min-width: 1001px)";
