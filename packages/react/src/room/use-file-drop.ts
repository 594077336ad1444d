import { type DragEvent, useRef, useState } from "react";

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes("Files");

/** Handles files that are dragged over an element and dropped on it. */
export const useFileDrop = (onFiles: (files: readonly File[]) => void) => {
  const [dragging, setDragging] = useState(false);
  // Every child fires enter and leave events; the drag has left only when all of them are left.
  const depth = useRef(0);

  const turn = (change: number) => {
    depth.current = change === 0 ? 0 : depth.current + change;
    setDragging(depth.current > 0);
  };

  return {
    dragging,
    handlers: {
      onDragEnter: (event: DragEvent) => carriesFiles(event) && turn(1),
      onDragLeave: (event: DragEvent) => carriesFiles(event) && turn(-1),
      onDragOver: (event: DragEvent) => carriesFiles(event) && event.preventDefault(),
      onDrop: (event: DragEvent) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        turn(0);
        onFiles([...event.dataTransfer.files]);
      },
    },
  };
};
