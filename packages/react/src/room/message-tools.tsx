import type { Message } from "@chinwag/protocol";
import { Ellipsis, Reply, Trash2 } from "lucide-react";
import { useState } from "react";
import { useChat } from "../chat-context.tsx";
import { useText } from "../language/index.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Actions, Form } from "../ui/form.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import styles from "./message.module.css";

interface Props {
  readonly message: Message;
  readonly mine: boolean;
  readonly onAnswer: () => void;
}

/** The actions for a message, shown next to it on hover. */
export const MessageTools = ({ message, mine, onAnswer }: Props) => {
  const t = useText();
  return (
    <div className={styles.tools}>
      <IconButton label={t("message.reply")} onClick={onAnswer}>
        <Reply size={18} className="mirrored" />
      </IconButton>
      {mine && <OwnMenu message={message} />}
    </div>
  );
};

const OwnMenu = ({ message }: { message: Message }) => {
  const t = useText();
  const [deleting, setDeleting] = useState(false);
  const trigger = (
    <IconButton label={t("message.menu")}>
      <Ellipsis size={18} />
    </IconButton>
  );
  return (
    <>
      <Menu trigger={trigger}>
        <MenuItem icon={<Trash2 size={17} />} danger onSelect={() => setDeleting(true)}>
          {t("message.delete")}
        </MenuItem>
      </Menu>
      {deleting && <DeleteDialog message={message} onClose={() => setDeleting(false)} />}
    </>
  );
};

const DeleteDialog = ({ message, onClose }: { message: Message; onClose: () => void }) => {
  const t = useText();
  const chat = useChat();
  const remove = () => {
    chat.delete(message.topic, message.seq);
    onClose();
  };
  return (
    <Dialog
      title={t("message.deleteAsk")}
      about={t(message.attachments ? "message.deleteFiles" : "message.deleteText")}
      onClose={onClose}
    >
      <Form onSubmit={remove}>
        <Actions>
          <Button autoFocus onClick={onClose}>
            {t("message.keep")}
          </Button>
          <Button type="submit" look="danger">
            {t("message.delete")}
          </Button>
        </Actions>
      </Form>
    </Dialog>
  );
};
