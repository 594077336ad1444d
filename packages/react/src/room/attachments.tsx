import type { OutboxFile } from "@chinwag/client";
import type { Attachment, Message } from "@chinwag/protocol";
import { type CSSProperties, lazy, type ReactNode, Suspense } from "react";
import { useText } from "../language/index.ts";
import { type AlbumPlace, albumOf } from "./album.ts";
import styles from "./attachments.module.css";
import { filling, picturesOf } from "./picture-sources.ts";
import { usePictureUrl } from "./sent-pictures.ts";
import { Thumbnail } from "./thumbnail.tsx";
import { useViewPicture } from "./viewer.tsx";

const OtherFile = lazy(() => import("./other-file.tsx"));

/** Maximum size of a single picture in pixels; several pictures are an album. */
const WIDEST = 400;
const TALLEST = 340;

const widthOf = (width: number, height: number): number =>
  Math.max(90, Math.round(width * Math.min(1, WIDEST / width, TALLEST / height)));

/** How many CSS pixels wide one of a message's pictures is drawn. */
const shownWidth = (pictures: readonly Attachment[], index: number): number => {
  const [file] = pictures.slice(index);
  if (!file) return WIDEST;
  if (pictures.length === 1) return widthOf(file.width ?? 1, file.height ?? 1);
  const place = albumOf(pictures.length)[index];
  return place ? filling(file, place) : WIDEST;
};

/** Reserves the space of a picture before it is loaded, so that the layout does not shift. */
const frame = ({ width = 1, height = 1 }: Sized): CSSProperties => ({
  width: widthOf(width, height),
  aspectRatio: `${width} / ${height}`,
  maxHeight: TALLEST,
});

const cell = ({ columns, width, height }: AlbumPlace): CSSProperties => ({
  gridColumn: `span ${columns}`,
  aspectRatio: `${width} / ${height}`,
});

interface Sized {
  readonly width?: number;
  readonly height?: number;
}

interface LayoutProps<File> {
  readonly files: readonly File[];
  readonly picture: (file: File, style: CSSProperties | undefined) => ReactNode;
  readonly other: (file: File) => ReactNode;
}

/** Pictures first, in a grid if there are several; other files in a column below. */
export const FileLayout = <File extends Sized>({ files, picture, other }: LayoutProps<File>) => {
  const pictures = picturesOf(files);
  const others = files.filter((file) => !pictures.includes(file));
  const places = albumOf(pictures.length).map(cell);
  const isAlbum = pictures.length > 1;
  const drawn = pictures.map((file, at) => picture(file, isAlbum ? places[at] : frame(file)));
  return (
    <div className={styles.files}>
      {isAlbum ? <div className={styles.album}>{drawn}</div> : drawn}
      {others.map(other)}
    </div>
  );
};

const placeOf = ({ type }: Attachment): string | undefined => {
  if (type.startsWith("video/")) return styles.film;
  return type.startsWith("audio/") ? styles.recording : styles.file;
};

/** The pictures and files of a message. */
export const Attachments = ({ message: { topic, seq, attachments = [] } }: { message: Message }) => {
  const pictures = picturesOf(attachments);
  const viewPicture = useViewPicture();
  return (
    <FileLayout
      files={attachments}
      picture={(file, style) => (
        <Picture
          key={file.id}
          file={file}
          style={style}
          shown={shownWidth(pictures, pictures.indexOf(file))}
          onView={() => viewPicture({ topic, seq, file })}
        />
      )}
      other={(file) => (
        // It is loaded into the place that it will have.
        <Suspense key={file.id} fallback={<div className={placeOf(file)} />}>
          <OtherFile file={file} seq={seq} />
        </Suspense>
      )}
    />
  );
};

interface PictureProps {
  readonly file: Attachment;
  readonly style: CSSProperties | undefined;
  /** How many CSS pixels wide it is drawn. */
  readonly shown: number;
  readonly onView: () => void;
}

const Picture = ({ file, style, shown, onView }: PictureProps) => {
  const t = useText();
  const url = usePictureUrl(file.id);
  return (
    <button
      type="button"
      className={styles.picture}
      style={style}
      aria-label={t("message.picture", { file: file.name })}
      onClick={onView}
    >
      {url && <Thumbnail file={file} url={url} shown={shown} />}
    </button>
  );
};

/** The places of files that are still to be drawn. */
export const FilePlaces = ({ files }: { files: readonly OutboxFile[] }) => (
  <FileLayout
    files={files}
    picture={(file, style) => <span key={file.number} className={styles.picture} style={style} />}
    other={(file) => <div key={file.number} className={styles.file} />}
  />
);
