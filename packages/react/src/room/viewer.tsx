import { Cell, Changes } from "@chinwag/client";
import { createContext, lazy, type ReactNode, Suspense, useContext, useState } from "react";
import { useCell } from "../chat-context.tsx";
import { useLayer } from "../ui/layers.ts";
import type { Viewing } from "./room-pictures.ts";

/** The picture being looked at. It is not the state of a row: a row that scrolls out of sight is removed. */
const nothing = (): Cell<Viewing | undefined> => new Cell<Viewing | undefined>(new Changes(), undefined);

const ViewingContext = createContext(nothing());

/** Gives a part of the page a viewer of its own. */
export const ViewerScope = ({ children }: { children: ReactNode }) => {
  const [viewing] = useState(nothing);
  return <ViewingContext value={viewing}>{children}</ViewingContext>;
};

/** Returns what shows a picture as large as the window; from there one gets to the others of the room. */
export const useViewPicture = (): ((picture: Viewing) => void) => {
  const viewing = useContext(ViewingContext);
  return (picture) => viewing.set(picture);
};

const RoomViewer = lazy(() => import("./room-viewer.tsx"));

/** Draws the picture being looked at. Belongs once into a page with rooms, above them. */
export const Viewer = () => {
  const now = useCell(useContext(ViewingContext));
  return now && <Opened {...now} />;
};

const Opened = (now: Viewing) => {
  const viewing = useContext(ViewingContext);
  const close = () => viewing.set(undefined);
  useLayer(close);
  return (
    <Suspense>
      <RoomViewer now={now} onView={(picture) => viewing.set(picture)} onClose={close} />
    </Suspense>
  );
};
