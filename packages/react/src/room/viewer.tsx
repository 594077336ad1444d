import type { Attachment } from "@chinwag/protocol";
import { lazy, Suspense, useSyncExternalStore } from "react";
import { useChat } from "../chat-context.tsx";
import { useText } from "../language/index.ts";
import { useLayer } from "../ui/layers.ts";

/** The pictures being looked at. It is not the state of a row: a row that scrolls out of sight is removed. */
interface Viewing {
  readonly pictures: readonly Attachment[];
  readonly index: number;
}

let viewing: Viewing | undefined;
const listeners = new Set<() => void>();

const set = (next: Viewing | undefined): void => {
  viewing = next;
  for (const listener of listeners) listener();
};

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Shows a message's pictures as large as the window, beginning with this one. */
export const viewPicture = (pictures: readonly Attachment[], index: number): void => set({ pictures, index });

const close = (): void => set(undefined);

const Popup = lazy(() => import("./viewer-popup.tsx"));

/** Draws the pictures being looked at. Belongs once into a page with rooms, above them. */
export const Viewer = () => {
  const now = useSyncExternalStore(subscribe, () => viewing);
  return now && <Opened {...now} />;
};

const Opened = ({ pictures, index }: Viewing) => {
  const t = useText();
  const { media } = useChat();
  useLayer(close);
  const [file] = pictures.slice(index);
  if (!file) return null;
  return (
    <Suspense>
      <Popup
        file={file}
        url={media.url(file.id)}
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
