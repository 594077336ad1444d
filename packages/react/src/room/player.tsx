import type { Attachment } from "@chinwag/protocol";
import { type RefCallback, useCallback, useContext, useState } from "react";
import styles from "./attachments.module.css";
import { FileCard } from "./file-card.tsx";
import { usePlayerUrl } from "./media-url.ts";
import { PlayingContext } from "./playing.ts";

interface Props {
  readonly file: Attachment;
  /** The message it belongs to. */
  readonly seq: number;
}

/** Plays a recording or a film; shown as a file if the browser can't play it. */
export const Player = ({ file, seq }: Props) => {
  const url = usePlayerUrl(file.id);
  const playing = useContext(PlayingContext);
  const [broken, setBroken] = useState(false);

  /** What has left the page no longer plays. */
  const hold: RefCallback<HTMLMediaElement> = useCallback(
    (element: HTMLMediaElement) => () => {
      if (playing.get()?.element === element) playing.set(undefined);
    },
    [playing],
  );

  if (broken) return <FileCard file={file} />;
  const handlers = {
    src: url,
    controls: true,
    preload: "metadata",
    "aria-label": file.name,
    onPlay: ({ currentTarget: element }: { currentTarget: HTMLMediaElement }) => {
      const before = playing.get();
      if (before?.element === element) return;
      before?.element.pause();
      playing.set({ seq, name: file.name, element });
    },
    onEnded: ({ currentTarget: element }: { currentTarget: HTMLMediaElement }) => {
      if (playing.get()?.element === element) playing.set(undefined);
    },
    onError: ({ currentTarget: { error } }: { currentTarget: HTMLMediaElement }) => {
      // An interrupted connection says nothing about the file.
      if (error && error.code >= MediaError.MEDIA_ERR_DECODE) setBroken(true);
    },
  };
  // Recordings of users have no captions.
  if (file.type.startsWith("video/")) return <video ref={hold} className={styles.film} {...handlers} />;
  return (
    <figure className={styles.recording}>
      <figcaption title={file.name}>
        <bdi className="cut">{file.name}</bdi>
      </figcaption>
      <audio ref={hold} {...handlers} />
    </figure>
  );
};
