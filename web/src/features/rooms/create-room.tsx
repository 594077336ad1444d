import { PURPOSE_CHARS, TITLE_CHARS } from "@chinwag/protocol";
import { useChat } from "@chinwag/react";
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
    <Dialog
      title="Make a room"
      about="A place for one subject, one team, or one very chatty kettle."
      onClose={onClose}
    >
      <Form onSubmit={create} problem={problem}>
        <Field
          label="Title"
          autoFocus
          required
          maxLength={TITLE_CHARS}
          placeholder="Back end"
          value={title}
          onChange={(event) => setTitle(event.target.value)}
        />
        <Field
          label="Topic"
          hint={
            needsTopic
              ? "Write one with letters or digits: scripts and devices know the room by it."
              : "Scripts and devices know the room by this MQTT topic. Slashes make levels: team/backend."
          }
          required
          autoCapitalize="none"
          spellCheck={false}
          value={id}
          onChange={(event) => setTopic(event.target.value.toLowerCase())}
        />
        <Field
          label="Purpose"
          maxLength={PURPOSE_CHARS}
          placeholder="What is it for? (optional)"
          value={purpose}
          onChange={(event) => setPurpose(event.target.value)}
        />
        <Check
          label="Private"
          hint="Only people who are added can see it."
          checked={isPrivate}
          onChange={(event) => setPrivate(event.target.checked)}
        />
        <Actions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={busy}>
            Make room
          </Button>
        </Actions>
      </Form>
    </Dialog>
  );
};

export default CreateRoomDialog;
