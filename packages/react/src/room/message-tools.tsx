import type { Message } from "@chinwag/protocol";
import { Ellipsis, Reply, Trash2 } from "lucide-react";
import { useState } from "react";
import { useChat } from "../chat-context.tsx";
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
export const MessageTools = ({ message, mine, onAnswer }: Props) => (
  <div className={styles.tools}>
    <IconButton label="Reply" onClick={onAnswer}>
      <Reply size={18} />
    </IconButton>
    {mine && <OwnMenu message={message} />}
  </div>
);

const OwnMenu = ({ message }: { message: Message }) => {
  const [deleting, setDeleting] = useState(false);
  const trigger = (
    <IconButton label="Message menu">
      <Ellipsis size={18} />
    </IconButton>
  );
  return (
    <>
      <Menu trigger={trigger}>
        <MenuItem icon={<Trash2 size={17} />} danger onSelect={() => setDeleting(true)}>
          Delete
        </MenuItem>
      </Menu>
      {deleting && <DeleteDialog message={message} onClose={() => setDeleting(false)} />}
    </>
  );
};

const DeleteDialog = ({ message, onClose }: { message: Message; onClose: () => void }) => {
  const chat = useChat();
  const remove = () => {
    chat.delete(message.topic, message.seq);
    onClose();
  };
  const what = message.attachments ? "Its text and its files are" : "Its text is";
  return (
    <Dialog
      title="Delete this message?"
      about={`${what} erased for everybody, and cannot be brought back.`}
      onClose={onClose}
    >
      <Form onSubmit={remove}>
        <Actions>
          <Button autoFocus onClick={onClose}>
            Keep
          </Button>
          <Button type="submit" look="danger">
            Delete
          </Button>
        </Actions>
      </Form>
    </Dialog>
  );
};
