import { Download, FileText } from "lucide-react";
import { type CSSProperties, type ReactNode, useState } from "react";
import { mediaUrl, pictureUrl } from "../../client/media";
import type { Attachment } from "../../protocol/types.gen";
import type { OutboxFile } from "../../state/model";
import { sizeInWords } from "../../ui/size";
import { useObjectUrl } from "../../ui/use-object-url";
import styles from "./attachments.module.css";
import { Viewer } from "./viewer";

/** A picture that stands alone takes no more room than this; several share a grid. */
const WIDEST = 400;
const TALLEST = 340;

/** Room is kept before the bytes arrive, so that nothing moves when they do. */
const frame = (width: number, height: number): CSSProperties => {
  const scale = Math.min(1, WIDEST / width, TALLEST / height);
  return {
    width: Math.max(90, Math.round(width * scale)),
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

/** Pictures on top, side by side where there are several; all else in a column below. */
const Layout = <File extends Sized>({ files, picture, other }: LayoutProps<File>) => {
  const pictures = files.filter((file) => file.width && file.height);
  const others = files.filter((file) => !file.width || !file.height);
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

/** A message's pictures and files. */
export const Attachments = ({ files }: { files: readonly Attachment[] }) => (
  <Layout
    files={files}
    picture={(file, style) => <Picture key={file.id} file={file} style={style} />}
    other={(file) => <Other key={file.id} file={file} />}
  />
);

const Picture = ({ file, style }: { file: Attachment; style: CSSProperties | undefined }) => {
  const [viewing, setViewing] = useState(false);
  return (
    <>
      <button
        type="button"
        className={styles.picture}
        style={style}
        aria-label={`Look at ${file.name}`}
        onClick={() => setViewing(true)}
      >
        <img src={pictureUrl(file.id)} alt={file.name} loading="lazy" />
      </button>
      {viewing && <Viewer file={file} onClose={() => setViewing(false)} />}
    </>
  );
};

const Other = ({ file }: { file: Attachment }) => {
  const url = mediaUrl(file.id);
  if (file.type.startsWith("audio/"))
    // biome-ignore lint/a11y/useMediaCaption: what people record has no captions
    return <audio className={styles.media} src={url} controls preload="metadata" />;
  if (file.type.startsWith("video/"))
    // biome-ignore lint/a11y/useMediaCaption: what people record has no captions
    return <video className={styles.media} src={url} controls preload="metadata" />;
  return (
    <a className={styles.file} href={url} download={file.name}>
      <FileText size={26} strokeWidth={1.6} />
      <span>
        <strong>{file.name}</strong>
        <small>{sizeInWords(file.size)}</small>
      </span>
      <Download size={18} />
    </a>
  );
};

/** Files that are still on their way, drawn from what this browser has. */
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
      <strong>{file.name}</strong>
      <small>{sizeInWords(file.size)}</small>
      <Progress file={file} />
    </span>
  </div>
);

const Progress = ({ file }: { file: OutboxFile }) =>
  file.progress !== undefined && (
    <i
      className={styles.progress}
      style={{ "--share": file.progress } as CSSProperties}
      role="progressbar"
      aria-label={`Uploading ${file.name}`}
      aria-valuenow={Math.round(file.progress * 100)}
    />
  );
