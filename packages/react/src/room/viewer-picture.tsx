import { thumbnailUrl } from "@chinwag/client";
import type { Attachment } from "@chinwag/protocol";
import { Play } from "lucide-react";
import { useState } from "react";
import { useText } from "../language/index.ts";
import { IconButton } from "../ui/button.tsx";
import { useReducedMotion } from "../ui/use-reduced-motion.ts";
import { isMoving, isThumbnailed, type Sources, viewerSources } from "./picture-sources.ts";
import type { Zooming } from "./use-zoom.ts";
import styles from "./viewer.module.css";

interface Props {
  readonly file: Attachment;
  readonly url: string;
  readonly zooming: Zooming;
  /** Whether it may move although the person wants things to stand still, because they asked for it. */
  readonly plays: boolean;
  readonly onPlay: () => void;
}

/** The picture being looked at. It is loaded in full as soon as it is enlarged. */
export const ViewerPicture = ({ file, url, zooming, plays, onPlay }: Props) => {
  const { zoom, stage, isHeld, handlers } = zooming;
  const [failed, setFailed] = useState(false);
  const [enlarged, setEnlarged] = useState(false);
  const calm = useReducedMotion();
  const t = useText();
  if (zoom.scale > 1 && !enlarged) setEnlarged(true);
  const drawn = isThumbnailed(file, url) && !failed;
  const still = drawn && calm && !plays && isMoving(file);
  const sources: Sources = still
    ? { src: thumbnailUrl(url, "large") }
    : drawn && !enlarged
      ? viewerSources(file, url)
      : { src: url };
  return (
    <>
      <div ref={stage} className={styles.zoomed} data-held={isHeld || undefined} {...handlers}>
        <img
          {...sources}
          alt={file.name}
          draggable={false}
          style={{ transform: `translate(${zoom.x}px, ${zoom.y}px) scale(${zoom.scale})` }}
          onError={() => setFailed(true)}
        />
      </div>
      {still && (
        <IconButton label={t("player.play")} className={styles.play ?? ""} onClick={onPlay}>
          <Play size={30} />
        </IconButton>
      )}
    </>
  );
};
