import type { Attachment } from "@chinwag/protocol";
import * as Radix from "@radix-ui/react-dialog";
import { Download, X } from "lucide-react";
import { useChat } from "../chat-context.tsx";
import { IconButton } from "../ui/button.tsx";
import styles from "./attachments.module.css";

/** Shows a picture as large as the window. */
export const Viewer = ({ file, onClose }: { file: Attachment; onClose: () => void }) => {
  const url = useChat().media.url(file.id);
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={styles.overlay} />
        <Radix.Content className={styles.viewer} aria-describedby={undefined}>
          <header>
            <Radix.Title asChild>
              <h2>{file.name}</h2>
            </Radix.Title>
            <a href={url} download={file.name} aria-label="Download" title="Download">
              <Download size={20} />
            </a>
            <Radix.Close asChild>
              <IconButton label="Close">
                <X size={22} />
              </IconButton>
            </Radix.Close>
          </header>
          <img src={url} alt={file.name} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
};
