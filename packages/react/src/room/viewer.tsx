import { Cell, Changes } from "@chinwag/client";
import type { Attachment } from "@chinwag/protocol";
import { createContext, lazy, type ReactNode, Suspense, useContext, useState } from "react";
import { useCell } from "../chat-context.tsx";
import { useText } from "../language/index.ts";
import { useLayer } from "../ui/layers.ts";
import { useMediaUrl } from "./media-url.ts";

/** The pictures being looked at. It is not the state of a row: a row that scrolls out of sight is removed. */
interface Viewing {
  readonly pictures: readonly Attachment[];
  readonly index: number;
}

const nothing = (): Cell<Viewing | undefined> => new Cell<Viewing | undefined>(new Changes(), undefined);

const ViewingContext = createContext(nothing());

/** Gives a part of the page a viewer of its own. */
export const ViewerScope = ({ children }: { children: ReactNode }) => {
  const [viewing] = useState(nothing);
  return <ViewingContext value={viewing}>{children}</ViewingContext>;
};

/** Returns what shows a message's pictures as large as the window, beginning with one of them. */
export const useViewPicture = (): ((pictures: readonly Attachment[], index: number) => void) => {
  const viewing = useContext(ViewingContext);
  return (pictures, index) => viewing.set({ pictures, index });
};

const Popup = lazy(() => import("./viewer-popup.tsx"));

/** Draws the pictures being looked at. Belongs once into a page with rooms, above them. */
export const Viewer = () => {
  const now = useCell(useContext(ViewingContext));
  return now && <Opened {...now} />;
};

const Opened = ({ pictures, index }: Viewing) => {
  const t = useText();
  const viewing = useContext(ViewingContext);
  const viewPicture = useViewPicture();
  const close = () => viewing.set(undefined);
  useLayer(close);
  const [file] = pictures.slice(index);
  const url = useMediaUrl(file?.id ?? "");
  if (!file) return null;
  return (
    <Suspense>
      <Popup
        file={file}
        url={url}
        place={
          pictures.length > 1 ? t("viewer.place", { index: index + 1, count: pictures.length }) : undefined
        }
        onPrevious={index > 0 ? () => viewPicture(pictures, index - 1) : undefined}
        onNext={index < pictures.length - 1 ? () => viewPicture(pictures, index + 1) : undefined}
        onClose={close}
      />
    </Suspense>
  );
};
