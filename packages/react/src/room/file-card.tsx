import type { Attachment } from "@chinwag/protocol";
import { Download } from "lucide-react";
import { useText } from "../language/index.ts";
import styles from "./attachments.module.css";
import { FileLabel } from "./file-label.tsx";
import { useDownloadTarget, useMediaUrl } from "./media-url.ts";

/** A file with its name and size, to be downloaded. */
export const FileCard = ({ file }: { file: Attachment }) => {
  const t = useText();
  const url = useMediaUrl(file.id);
  const target = useDownloadTarget();
  return (
    <a className={styles.file} href={url} target={target} download={file.name} title={t("viewer.download")}>
      <FileLabel file={file} />
      <Download size={18} />
    </a>
  );
};
