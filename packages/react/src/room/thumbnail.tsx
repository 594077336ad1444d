import type { Attachment } from "@chinwag/protocol";
import { Play } from "lucide-react";
import { useState } from "react";
import { useReducedMotion } from "../ui/use-reduced-motion.ts";
import styles from "./attachments.module.css";
import { isMoving, isThumbnailed, messageSources } from "./picture-sources.ts";

interface Props {
  readonly file: Attachment;
  /** The address of the picture itself. */
  readonly url: string;
  /** How many CSS pixels wide it is drawn. */
  readonly shown: number;
}

/** A picture in a message: its thumbnail, or itself if there is none. What moves stands still for those who want that. */
export const Thumbnail = ({ file, url, shown }: Props) => {
  const [failed, setFailed] = useState<string>();
  const calm = useReducedMotion();
  const moving = isMoving(file);
  const drawn = isThumbnailed(file, url) && failed !== url && (calm || !moving);
  const sources = drawn ? messageSources(file, url, shown) : { src: url };
  return (
    <>
      <img {...sources} alt={file.name} loading="lazy" onError={() => drawn && setFailed(url)} />
      {drawn && moving && (
        <span className={styles.play}>
          <Play size={26} />
        </span>
      )}
    </>
  );
};
