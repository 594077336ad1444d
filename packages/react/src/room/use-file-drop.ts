import { useEffect, useEffectEvent, useState } from "react";
import { useEmbedded } from "../embedded.ts";

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;

/**
 * Takes files that are dropped anywhere in the window: without that, the browser would open a file that missed the room
 * instead of the chat. In a page that embeds the room, only over the room. Returns whether files are being dragged there.
 */
export const useFileDrop = (onFiles: (files: readonly File[]) => void): boolean => {
  const [dragging, setDragging] = useState(false);
  const embedded = useEmbedded();
  const isElsewhere = ({ target }: DragEvent): boolean =>
    embedded !== undefined && !(target instanceof Node && embedded.box.current?.contains(target));

  const over = useEffectEvent((event: DragEvent) => {
    if (isElsewhere(event)) return setDragging(false);
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
    if (!carriesFiles(event) || isElsewhere(event)) return;
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
