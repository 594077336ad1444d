import type { Message } from "@chinwag/protocol";
import { Copy, Reply, Trash2 } from "lucide-react";
import { useChat } from "../chat-context.tsx";
import { currentText, useText } from "../language/index.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Actions, Form } from "../ui/form.tsx";
import { MenuItem } from "../ui/menu.tsx";
import { notify } from "../ui/notices.tsx";

interface Props {
  readonly message: Message;
  readonly mine: boolean;
  readonly onAnswer: () => void;
  readonly onDelete: () => void;
}

/** The items of a message's menu. */
export const MessageItems = ({ message: { text }, mine, onAnswer, onDelete }: Props) => {
  const t = useText();
  return (
    <>
      <MenuItem icon={<Reply size={17} className="mirrored" />} onSelect={onAnswer}>
        {t("message.reply")}
      </MenuItem>
      {text && (
        <MenuItem icon={<Copy size={17} />} onSelect={() => void copy(text)}>
          {t("message.copy")}
        </MenuItem>
      )}
      {mine && (
        <MenuItem icon={<Trash2 size={17} />} danger onSelect={onDelete}>
          {t("message.delete")}
        </MenuItem>
      )}
    </>
  );
};

const copy = async (text: string): Promise<void> => {
  const t = currentText();
  try {
    await navigator.clipboard.writeText(text);
    notify(t("copied"));
  } catch {
    // There is no clipboard without a secure context.
    notify(t("message.copyFailed"));
  }
};

/** Asks before a message is deleted. */
export const DeleteDialog = ({ message, onClose }: { message: Message; onClose: () => void }) => {
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
