import type { OutboxFile } from "@chinwag/client";
import type { Attachment, Message } from "@chinwag/protocol";
import { FileText } from "lucide-react";
import { type CSSProperties, lazy, type ReactNode, Suspense, useEffect } from "react";
import { useText } from "../language/index.ts";
import { sizeInWords } from "../ui/size.ts";
import { useObjectUrl } from "../ui/use-object-url.ts";
import styles from "./attachments.module.css";
import { filling, picturesOf } from "./picture-sources.ts";
import { keepSent, usePictureUrl } from "./sent-pictures.ts";
import { Thumbnail } from "./thumbnail.tsx";
import { useViewPicture } from "./viewer.tsx";

const OtherFile = lazy(() => import("./other-file.tsx"));

/** Maximum size of a single picture in pixels; several pictures share a grid. */
const WIDEST = 400;
const TALLEST = 340;
/** The size of one of several pictures; the first of an odd number is as wide as two. */
const CELL = { width: 196, height: 196 };
const WIDE_CELL = { width: 398, height: 199 };

const widthOf = (width: number, height: number): number =>
  Math.max(90, Math.round(width * Math.min(1, WIDEST / width, TALLEST / height)));

/** How many CSS pixels wide one of a message's pictures is drawn. */
const shownWidth = (pictures: readonly Attachment[], index: number): number => {
  const [file] = pictures.slice(index);
  if (!file) return WIDEST;
  if (pictures.length === 1) return widthOf(file.width ?? 1, file.height ?? 1);
  return filling(file, index === 0 && pictures.length % 2 ? WIDE_CELL : CELL);
};

/** Reserves the space of a picture before it is loaded, so that the layout does not shift. */
const frame = (width: number, height: number): CSSProperties => {
  return {
    width: widthOf(width, height),
    aspectRatio: `${width} / ${height}`,
    maxHeight: TALLEST,
  };
};

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
const Layout = <File extends Sized>({ files, picture, other }: LayoutProps<File>) => {
  const pictures = picturesOf(files);
  const others = files.filter((file) => !pictures.includes(file));
  const [only] = pictures;
  return (
    <div className={styles.files}>
      {pictures.length === 1 && only && picture(only, frame(only.width ?? 1, only.height ?? 1))}
      {pictures.length > 1 && (
        <div className={styles.grid}>{pictures.map((file) => picture(file, undefined))}</div>
      )}
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
    <Layout
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

/** Files of a message that is not sent yet, shown from the bytes in this browser. */
export const WaitingFiles = ({ files }: { files: readonly OutboxFile[] }) => {
  const keyOf = (file: OutboxFile) => files.indexOf(file);
  return (
    <Layout
      files={files}
      picture={(file, style) => <WaitingPicture key={keyOf(file)} file={file} style={style} />}
      other={(file) => <WaitingOther key={keyOf(file)} file={file} />}
    />
  );
};

const WaitingPicture = ({ file, style }: { file: OutboxFile; style: CSSProperties | undefined }) => {
  const url = useObjectUrl(file.bytes);
  const { bytes, uploaded } = file;
  useEffect(() => {
    if (uploaded?.width) keepSent(uploaded.id, bytes);
  }, [bytes, uploaded]);
  return (
    <span className={styles.picture} style={style}>
      {url && <img src={url} alt={file.name} />}
      <Progress file={file} />
    </span>
  );
};

const WaitingOther = ({ file }: { file: OutboxFile }) => (
  <div className={styles.file}>
    <FileText size={26} strokeWidth={1.6} />
    <span>
      <strong dir="auto">{file.name}</strong>
      <small>{sizeInWords(file.size)}</small>
      <Progress file={file} />
    </span>
  </div>
);

const Progress = ({ file }: { file: OutboxFile }) => {
  const t = useText();
  return (
    file.progress !== undefined && (
      <i
        className={styles.progress}
        style={{ "--share": file.progress } as CSSProperties}
        role="progressbar"
        aria-label={t("message.uploadingFile", { file: file.name })}
        aria-valuenow={Math.round(file.progress * 100)}
      />
    )
  );
};
