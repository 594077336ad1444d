import "./style.ts";
import { createRoot } from "react-dom/client";
import { ChinwagRoom, type ChinwagRoomProps } from "./embed/chinwag-room.tsx";

export type { ChinwagRoomProps };

/** A room in a page that has no React of its own. */
export interface MountedRoom {
  /** Changes some of what it was given. */
  update(changed: Partial<ChinwagRoomProps>): void;
  unmount(): void;
}

/** Draws a room into an element. */
export const mountRoom = (element: Element, props: ChinwagRoomProps): MountedRoom => {
  const root = createRoot(element);
  let now = props;
  const draw = () => root.render(<ChinwagRoom {...now} />);
  draw();
  return {
    update: (changed) => {
      now = { ...now, ...changed };
      draw();
    },
    unmount: () => root.unmount(),
  };
};
