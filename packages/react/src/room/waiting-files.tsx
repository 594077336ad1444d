import type { OutboxEntry, OutboxFile } from "@chinwag/client";
import { X } from "lucide-react";
import { type CSSProperties, type ReactNode, useEffect } from "react";
import { useChat } from "../chat-context.tsx";
import { useText } from "../language/index.ts";
import { useObjectUrl } from "../ui/use-object-url.ts";
import styles from "./attachments.module.css";
import { FileLayout } from "./attachments.tsx";
import { FileLabel } from "./file-label.tsx";
import { FileProblems } from "./file-problems.tsx";
import { keepSent } from "./sent-pictures.ts";

/**
 * Files of a message that is not sent yet, shown from the bytes in this browser. One of several can be removed, unless
 * the server may have the message already.
 */
const WaitingFiles = ({ entry }: { entry: OutboxEntry }) => {
  const { files, status, tried } = entry;
  const canRemove = files.length > 1 && status === "pending" && !tried;
  const isUploading = files.some(({ progress }) => progress !== undefined);
  const state = (file: OutboxFile) => (
    <>
      {isUploading && !file.problem && <Progress file={file} />}
      {canRemove && !file.problem && <Remove msg_id={entry.msg_id} file={file} />}
    </>
  );
  return (
    <>
      <FileLayout
        files={files}
        picture={(file, style) => (
          <WaitingPicture key={file.number} file={file} style={style} state={state(file)} />
        )}
        other={(file) => <WaitingOther key={file.number} file={file} state={state(file)} />}
      />
      {isUploading && <Uploading entry={entry} />}
      {files.some(({ problem }) => problem) && <FileProblems entry={entry} />}
    </>
  );
};

interface WaitingProps {
  readonly file: OutboxFile;
  /** How far its upload is, and what can be done about it. */
  readonly state: ReactNode;
}

const WaitingPicture = ({ file, state, style }: WaitingProps & { style: CSSProperties | undefined }) => {
  const url = useObjectUrl(file.bytes);
  const { bytes, uploaded } = file;
  useEffect(() => {
    if (uploaded?.width) keepSent(uploaded.id, bytes);
  }, [bytes, uploaded]);
  return (
    <span className={styles.picture} style={style}>
      {url && <img src={url} alt={file.name} />}
      {state}
    </span>
  );
};

const WaitingOther = ({ file, state }: WaitingProps) => (
  <div className={styles.file}>
    <FileLabel file={file} />
    {state}
  </div>
);

const Progress = ({ file: { name, uploaded, progress = 0 } }: { file: OutboxFile }) => {
  const t = useText();
  const share = uploaded ? 1 : progress;
  return (
    <i
      className={styles.progress}
      style={{ "--share": share } as CSSProperties}
      role="progressbar"
      aria-label={t("message.uploadingFile", { file: name })}
      aria-valuenow={Math.round(share * 100)}
    />
  );
};

const Remove = ({ msg_id, file: { name, number } }: { msg_id: string; file: OutboxFile }) => {
  const t = useText();
  const chat = useChat();
  return (
    <button
      type="button"
      className={styles.remove}
      aria-label={t("composer.removeFile", { file: name })}
      onClick={() => chat.removeFile(msg_id, number)}
    >
      <X size={14} strokeWidth={3} />
    </button>
  );
};

/** How much of the entry's files is uploaded, from 0 to 1. */
const shareOf = ({ files }: OutboxEntry): number => {
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const done = files.reduce((sum, file) => sum + file.size * (file.uploaded ? 1 : (file.progress ?? 0)), 0);
  return total > 0 ? Math.floor((done / total) * 100) / 100 : 0;
};

/** The progress of all files; all that is left of the message can be cancelled. */
const Uploading = ({ entry }: { entry: OutboxEntry }) => {
  const t = useText();
  const chat = useChat();
  return (
    <div className={styles.uploading}>
      <span>{t("message.uploading", { share: shareOf(entry) })}</span>
      <button type="button" onClick={() => chat.discard(entry.msg_id)}>
        {t("cancel")}
      </button>
    </div>
  );
};

export default WaitingFiles;
