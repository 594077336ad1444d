import { Dialog } from "@base-ui/react/dialog";
import type { Attachment } from "@chinwag/protocol";
import { ChevronLeft, ChevronRight, Download, X } from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { useText } from "../language/index.ts";
import { IconButton } from "../ui/button.tsx";
import { usePortal } from "../ui/portal.ts";
import { useDownloadTarget } from "./media-url.ts";
import { useZoom } from "./use-zoom.ts";
import styles from "./viewer.module.css";
import { ViewerPicture } from "./viewer-picture.tsx";

interface Props {
  readonly file: Attachment;
  readonly url: string | undefined;
  /** Which of several it is. */
  readonly place: string | undefined;
  readonly onPrevious: (() => void) | undefined;
  readonly onNext: (() => void) | undefined;
  readonly onClose: () => void;
}

/** The viewer itself. */
export const ViewerPopup = ({ file, url, place, onPrevious, onNext, onClose }: Props) => {
  const t = useText();
  const popup = useRef<HTMLDivElement>(null);
  const zooming = useZoom(file.id, { width: file.width ?? 1, height: file.height ?? 1 });
  // To open a picture is to ask for it; one that is reached from there stands still for those who want that.
  const [playing, setPlaying] = useState(file.id);
  const target = useDownloadTarget();

  const onKeyDown = ({ key, currentTarget, ctrlKey, metaKey, altKey }: KeyboardEvent<HTMLElement>) => {
    // The browser's own zoom has the same keys.
    if (ctrlKey || metaKey || altKey || zooming.onKey(key)) return;
    const back = getComputedStyle(currentTarget).direction === "rtl" ? "ArrowRight" : "ArrowLeft";
    if (key === "ArrowLeft" || key === "ArrowRight") (key === back ? onPrevious : onNext)?.();
  };

  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal container={usePortal()}>
        <Dialog.Backdrop className={styles.overlay} />
        <Dialog.Popup
          ref={popup}
          className={styles.viewer}
          initialFocus={popup}
          finalFocus={false}
          onKeyDown={onKeyDown}
        >
          <header>
            <Dialog.Title className={styles.name} dir="auto">
              {file.name}
            </Dialog.Title>
            {place && <span className={styles.place}>{place}</span>}
            <a
              href={url}
              target={target}
              download={file.name}
              aria-label={t("viewer.download")}
              data-tip={t("viewer.download")}
            >
              <Download size={20} />
            </a>
            <Dialog.Close render={<IconButton label={t("close")} />}>
              <X size={22} />
            </Dialog.Close>
          </header>
          <div className={styles.stage}>
            {url && (
              <ViewerPicture
                key={file.id}
                file={file}
                url={url}
                zooming={zooming}
                plays={playing === file.id}
                onPlay={() => setPlaying(file.id)}
              />
            )}
            {place && (
              <>
                <IconButton
                  label={t("viewer.previous")}
                  className={styles.previous ?? ""}
                  disabled={!onPrevious}
                  onClick={onPrevious}
                >
                  <ChevronLeft size={26} className="mirrored" />
                </IconButton>
                <IconButton
                  label={t("viewer.next")}
                  className={styles.next ?? ""}
                  disabled={!onNext}
                  onClick={onNext}
                >
                  <ChevronRight size={26} className="mirrored" />
                </IconButton>
              </>
            )}
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
};
