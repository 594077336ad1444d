import type { OutboxEntry, OutboxFile } from "@chinwag/client";
import { RotateCw, X } from "lucide-react";
import { useChat } from "../chat-context.tsx";
import { useText } from "../language/index.ts";
import { IconButton } from "../ui/button.tsx";
import { failureWords } from "../words.ts";
import styles from "./file-problems.module.css";

/** Which files of a message were refused, and why; each can be tried again or removed. */
export const FileProblems = ({ entry }: { entry: OutboxEntry }) => {
  const t = useText();
  return (
    <ul className={styles.problems} aria-label={t("message.notSent")}>
      {entry.files.map((file) => (
        <FileProblem key={file.number} msg_id={entry.msg_id} file={file} />
      ))}
    </ul>
  );
};

const FileProblem = ({ msg_id, file }: { msg_id: string; file: OutboxFile }) => {
  const t = useText();
  const chat = useChat();
  const { name, number, problem } = file;
  if (!problem) return null;
  return (
    <li>
      <span>{t.rich("message.fileRefused", { file: <bdi>{name}</bdi>, why: failureWords(problem) })}</span>
      <IconButton
        label={t("message.retryFile", { file: name })}
        onClick={() => chat.retryFile(msg_id, number)}
      >
        <RotateCw size={16} />
      </IconButton>
      <IconButton
        label={t("composer.removeFile", { file: name })}
        onClick={() => chat.removeFile(msg_id, number)}
      >
        <X size={18} />
      </IconButton>
    </li>
  );
};
