import { PURPOSE_CHARS, TITLE_CHARS } from "@chinwag/protocol";
import { useChat } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { Actions, Button, Check, Dialog, Field, Form, useRequest } from "@chinwag/react/ui";
import { useState } from "react";
import { goToRoom } from "../app/route.ts";
import { slugOf } from "./slug.ts";

interface Props {
  /** What somebody looked for in vain. */
  readonly title?: string | undefined;
  readonly onClose: () => void;
}

/** The form with which a room is made. */
const CreateRoomDialog = ({ title: wanted = "", onClose }: Props) => {
  const t = useText();
  const chat = useChat();
  const [title, setTitle] = useState(wanted);
  const [topic, setTopic] = useState<string>();
  const [purpose, setPurpose] = useState("");
  const [isPrivate, setPrivate] = useState(false);
  const { busy, problem, run } = useRequest();
  const id = topic ?? slugOf(title);
  // A title of emoji alone has nothing that a topic could be made of.
  const needsTopic = topic === undefined && title.trim() !== "" && id === "";

  const create = async () => {
    const made = await run(async () => {
      const room = await chat.createRoom({
        topic: id,
        title: title.trim(),
        purpose: purpose.trim(),
        private: isPrivate,
      });
      goToRoom(room.topic);
    });
    if (made) onClose();
  };

  return (
    <Dialog title={t("action.createRoom")} about={t("edit.createAbout")} onClose={onClose}>
      <Form onSubmit={create} problem={problem}>
        <Field
          label={t("edit.title")}
          autoFocus
          required
          maxLength={TITLE_CHARS}
          placeholder={t("edit.titleExample")}
          value={title}
          onChange={(event) => setTitle(event.target.value)}
        />
        <Field
          label={t("edit.topic")}
          hint={t(needsTopic ? "edit.topicNeeded" : "edit.topicHint")}
          required
          autoCapitalize="none"
          spellCheck={false}
          dir="ltr"
          value={id}
          onChange={(event) => setTopic(event.target.value.toLowerCase())}
        />
        <Field
          label={t("edit.purpose")}
          maxLength={PURPOSE_CHARS}
          placeholder={t("edit.purposeExample")}
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
            {t("edit.create")}
          </Button>
        </Actions>
      </Form>
    </Dialog>
  );
};

export default CreateRoomDialog;
