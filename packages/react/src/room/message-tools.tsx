import { Ellipsis, Reply } from "lucide-react";
import type { ReactNode } from "react";
import { useText } from "../language/index.ts";
import { IconButton } from "../ui/button.tsx";
import { Menu } from "../ui/menu.tsx";
import styles from "./message.module.css";

interface Props {
  readonly mine: boolean;
  /** The items of the message's menu. */
  readonly items: ReactNode;
  readonly onAnswer: () => void;
}

/** The actions for a message, shown next to it on hover. */
export const MessageTools = ({ mine, items, onAnswer }: Props) => {
  const t = useText();
  return (
    <div className={styles.tools}>
      <IconButton label={t("message.reply")} onClick={onAnswer}>
        <Reply size={18} className="mirrored" />
      </IconButton>
      {mine && (
        <Menu
          trigger={
            <IconButton label={t("message.menu")}>
              <Ellipsis size={18} />
            </IconButton>
          }
        >
          {items}
        </Menu>
      )}
    </div>
  );
};
