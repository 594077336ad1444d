import type { Room } from "@chinwag/protocol";
import { PURPOSE_CHARS, TITLE_CHARS } from "@chinwag/protocol";
import { useChat, useRoom } from "@chinwag/react";
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
    <Dialog title="Edit room" about={`Its topic remains ${room.topic}.`} onClose={onClose}>
      <Form onSubmit={change} problem={problem}>
        <Field
          label="Title"
          required
          maxLength={TITLE_CHARS}
          value={title}
          onChange={(event) => setTitle(event.target.value)}
        />
        <Area
          label="Purpose"
          maxLength={PURPOSE_CHARS}
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
            Save
          </Button>
        </Actions>
      </Form>
    </Dialog>
  );
};
