import type { Attachment } from "@chinwag/protocol";
import { Download, FileText } from "lucide-react";
import { useText } from "../language/index.ts";
import { sizeInWords } from "../ui/size.ts";
import styles from "./attachments.module.css";
import { useDownloadTarget, useMediaUrl } from "./media-url.ts";

/** A file with its name and size, to be downloaded. */
export const FileCard = ({ file }: { file: Attachment }) => {
  const t = useText();
  const url = useMediaUrl(file.id);
  const target = useDownloadTarget();
  return (
    <a className={styles.file} href={url} target={target} download={file.name} title={t("viewer.download")}>
      <FileText size={26} strokeWidth={1.6} />
      <span>
        <strong>
          <bdi>{file.name}</bdi>
        </strong>
        <small>{sizeInWords(file.size)}</small>
      </span>
      <Download size={18} />
    </a>
  );
};
