import type { DraftFile } from "@chinwag/client";
import { FileText, X } from "lucide-react";
import { useEffect } from "react";
import { useText } from "../language/index.ts";
import { sizeInWords } from "../ui/size.ts";
import { useObjectUrl } from "../ui/use-object-url.ts";
import styles from "./composer.module.css";

interface Props {
  readonly files: readonly DraftFile[];
  readonly onRemove: (index: number) => void;
}

/** The files attached to the message being written. */
const FileChips = ({ files, onRemove }: Props) => {
  const t = useText();
  // What draws them once they are sent.
  useEffect(() => void import("../room/waiting-files.tsx"), []);
  return (
    <ul className={styles.files} aria-label={t("composer.attached")}>
      {files.map((file, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two files may be identical except for their position
        <li key={`${index}${file.name}`} className={styles.chip}>
          <Inside file={file} />
          <button
            type="button"
            aria-label={t("composer.removeFile", { file: file.name })}
            onClick={() => onRemove(index)}
          >
            <X size={14} strokeWidth={3} />
          </button>
        </li>
      ))}
    </ul>
  );
};

const Inside = ({ file }: { file: DraftFile }) => {
  const url = useObjectUrl(file.bytes);
  if (file.width && url) return <img src={url} alt={file.name} />;
  return (
    <>
      <FileText size={24} strokeWidth={1.6} />
      <span>
        <strong dir="auto">{file.name}</strong>
        <small>{sizeInWords(file.size)}</small>
      </span>
    </>
  );
};

export default FileChips;
