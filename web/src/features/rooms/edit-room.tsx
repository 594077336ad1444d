import type { Room } from "@chinwag/protocol";
import { PURPOSE_CHARS, TITLE_CHARS } from "@chinwag/protocol";
import { useChat, useRoom } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { Actions, Area, Button, Check, Dialog, Field, Form, useRequest } from "@chinwag/react/ui";
import { useState } from "react";

interface Props {
  readonly topic: string;
  readonly onClose: () => void;
}

/** The form with which an owner changes a room. */
const EditRoomDialog = ({ topic, onClose }: Props) => {
  const room = useRoom(topic)?.room;
  return room ? <EditRoom room={room} onClose={onClose} /> : null;
};

export default EditRoomDialog;

const EditRoom = ({ room, onClose }: { room: Room; onClose: () => void }) => {
  const t = useText();
  const chat = useChat();
  const [title, setTitle] = useState(room.title);
  const [purpose, setPurpose] = useState(room.purpose);
  const [isPrivate, setPrivate] = useState(room.private);
  const { busy, problem, run } = useRequest();

  const change = async () => {
    const body = { title: title.trim(), purpose: purpose.trim(), private: isPrivate };
    if (await run(() => chat.changeRoom(room.topic, body))) onClose();
  };

  return (
    <Dialog title={t("room.edit")} about={t("edit.about", { topic: room.topic })} onClose={onClose}>
      <Form onSubmit={change} problem={problem}>
        <Field
          label={t("edit.title")}
          required
          maxLength={TITLE_CHARS}
          value={title}
          onChange={(event) => setTitle(event.target.value)}
        />
        <Area
          label={t("edit.purpose")}
          maxLength={PURPOSE_CHARS}
          value={purpose}
          onChange={(event) => setPurpose(event.target.value)}
        />
        <Check
          label={t("edit.private")}
          hint={t("edit.privateHint")}
          checked={isPrivate}
          onChange={(event) => setPrivate(event.target.checked)}
        />
        <Actions>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="primary" disabled={busy}>
            {t("edit.save")}
          </Button>
        </Actions>
      </Form>
    </Dialog>
  );
};
