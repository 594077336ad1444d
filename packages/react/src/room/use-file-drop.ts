import { useEffect, useEffectEvent, useState } from "react";

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;

/**
 * Takes files that are dropped anywhere in the window: without that, the browser would open a file that missed the room
 * instead of the chat. Returns whether files are being dragged over the window.
 */
export const useFileDrop = (onFiles: (files: readonly File[]) => void): boolean => {
  const [dragging, setDragging] = useState(false);

  const over = useEffectEvent((event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    setDragging(true);
  });
  const leave = useEffectEvent((event: DragEvent) => {
    // Between two elements of the page, `relatedTarget` is the other one.
    if (event.relatedTarget === null) setDragging(false);
  });
  const drop = useEffectEvent((event: DragEvent) => {
    setDragging(false);
    if (!carriesFiles(event)) return;
    event.preventDefault();
    onFiles([...(event.dataTransfer?.files ?? [])]);
  });

  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    addEventListener("dragenter", over, { signal });
    addEventListener("dragover", over, { signal });
    addEventListener("dragleave", leave, { signal });
    addEventListener("drop", drop, { signal });
    // A drag that is broken off with Escape ends without leaving.
    addEventListener("dragend", () => setDragging(false), { signal });
    return () => stop.abort();
  }, []);

  return dragging;
};
