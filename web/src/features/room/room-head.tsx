import type { Room } from "@chinwag/protocol";
import { useAdmin, useChat, usePerson } from "@chinwag/react";
import {
  Actions,
  Avatar,
  Button,
  Dialog,
  Form,
  IconButton,
  Menu,
  MenuItem,
  useRequest,
} from "@chinwag/react/ui";
import { ArrowLeft, Ellipsis, Hash, LockKeyhole, LogOut, Pencil, Users } from "lucide-react";
import { useState } from "react";
import { awayFrom, replaceRoom } from "../app/route.ts";
import { presenceInWords } from "../people/presence.ts";
import { EditRoomDialog } from "../rooms/edit-room.tsx";
import styles from "./room.module.css";

interface Props {
  readonly room: Room;
  readonly showMembers: boolean;
  readonly onMembers: () => void;
}

export const RoomHead = ({ room, showMembers, onMembers }: Props) => (
  <header className={styles.head}>
    <IconButton label="All rooms" className={styles.back ?? ""} onClick={() => replaceRoom(undefined)}>
      <ArrowLeft size={22} />
    </IconButton>
    {room.direct ? <DirectName room={room} /> : <RoomName room={room} />}
    {!room.direct && (
      <button
        type="button"
        className={styles.members}
        aria-expanded={showMembers}
        aria-label={`Members, ${room.members}`}
        onClick={onMembers}
      >
        <Users size={18} /> {room.members}
      </button>
    )}
    {!room.direct && <RoomMenu room={room} />}
  </header>
);

const RoomName = ({ room }: { room: Room }) => (
  <div className={styles.name}>
    <h1>
      {room.private ? <LockKeyhole size={17} /> : <Hash size={18} />}
      <span>{room.title}</span>
    </h1>
    <p>{room.purpose || room.topic}</p>
  </div>
);

const DirectName = ({ room }: { room: Room }) => {
  const person = usePerson(room.title);
  return (
    <>
      <Avatar name={room.title} size={40} presence={person?.state ?? "offline"} />
      <div className={styles.name}>
        <h1>
          <span>{room.title}</span>
        </h1>
        <p>{presenceInWords(person ?? { state: "offline" })}</p>
      </div>
    </>
  );
};

const RoomMenu = ({ room }: { room: Room }) => {
  const [dialog, setDialog] = useState<"edit" | "leave">();
  const admin = useAdmin();
  const close = () => setDialog(undefined);
  const trigger = (
    <IconButton label="Room menu">
      <Ellipsis size={20} />
    </IconButton>
  );
  return (
    <>
      <Menu trigger={trigger}>
        {(room.owner || admin) && (
          <MenuItem icon={<Pencil size={17} />} onSelect={() => setDialog("edit")}>
            Change room
          </MenuItem>
        )}
        <MenuItem icon={<LogOut size={17} />} danger onSelect={() => setDialog("leave")}>
          Leave room
        </MenuItem>
      </Menu>
      {dialog === "edit" && <EditRoomDialog room={room} onClose={close} />}
      {dialog === "leave" && <LeaveDialog room={room} onClose={close} />}
    </>
  );
};

const LeaveDialog = ({ room, onClose }: { room: Room; onClose: () => void }) => {
  const chat = useChat();
  const { busy, problem, run } = useRequest();
  const leave = () =>
    run(async () => {
      await chat.leave(room.topic);
      awayFrom(room.topic);
    });
  const wayBack = room.private
    ? "It’s private: somebody will have to add you if you want to come back."
    : "You can come back whenever you like.";
  return (
    <Dialog title={`Leave ${room.title}?`} about={wayBack} onClose={onClose}>
      <Form onSubmit={leave} problem={problem}>
        <Actions>
          <Button autoFocus onClick={onClose}>
            Stay
          </Button>
          <Button type="submit" look="danger" disabled={busy}>
            Leave
          </Button>
        </Actions>
      </Form>
    </Dialog>
  );
};
