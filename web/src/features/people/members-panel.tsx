import type { RoomState } from "@chinwag/client";
import { useText } from "@chinwag/react/language";
import { Dialog, IconButton, isComposing, useLayer } from "@chinwag/react/ui";
import { X } from "lucide-react";
import { useEffect, useId, useRef } from "react";
import { THREE_COLUMNS, useMedia } from "../app/use-media.ts";
import { Members } from "./members.tsx";
import styles from "./members-panel.module.css";

interface Props {
  readonly held: RoomState;
  readonly onClose: () => void;
}

/** The members of a room: beside it where there is room for them, otherwise in a dialog. */
export const MembersPanel = ({ held, onClose }: Props) => {
  const t = useText();
  const beside = useMedia(THREE_COLUMNS);
  if (beside) return <Beside held={held} onClose={onClose} />;
  return (
    <Dialog title={t("members.title")} about={<bdi>{held.room.title}</bdi>} onClose={onClose}>
      <Members held={held} />
    </Dialog>
  );
};

const Beside = ({ held, onClose }: Props) => {
  const t = useText();
  const title = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  // It covers nothing, so Back does not close it; but the focus comes and goes as with a dialog.
  useLayer(onClose, { active: false });

  useEffect(() => heading.current?.focus(), []);

  return (
    <aside
      className={styles.panel}
      aria-labelledby={title}
      onKeyDown={(event) => {
        // One that a menu or a dialog of this panel has used is not meant for it.
        const isMine = event.currentTarget.contains(event.target as Node);
        if (event.key === "Escape" && isMine && !isComposing(event)) onClose();
      }}
    >
      <header className={styles.head}>
        <h2 id={title} ref={heading} tabIndex={-1}>
          {t("members.title")}
        </h2>
        <IconButton label={t("members.close")} onClick={onClose}>
          <X size={20} />
        </IconButton>
      </header>
      <div className={styles.body}>
        <Members held={held} />
      </div>
    </aside>
  );
};
