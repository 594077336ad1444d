import { type DragEvent, useRef, useState } from "react";

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes("Files");

/** Files dragged over an element and dropped on it. */
export const useFileDrop = (onFiles: (files: readonly File[]) => void) => {
  const [dragging, setDragging] = useState(false);
  // Every child entered and left tells of it; only when all are left is the drag gone.
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
