import type { Room } from "@chinwag/protocol";
import { useChat } from "@chinwag/react";
import { Button, Dialog, Field, Form, Spinner, useRequest } from "@chinwag/react/ui";
import list from "@chinwag/react/ui/list.module.css";
import { Hash } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "../../api.ts";
import { goToRoom } from "../app/route.ts";

interface Props {
  readonly onClose: () => void;
  readonly onCreate: () => void;
}

/** Number of rooms above which a search field is shown. */
const SEARCHED = 6;

/** Lists public rooms that I am not a member of. */
export const BrowseDialog = ({ onClose, onCreate }: Props) => {
  const chat = useChat();
  const [rooms, setRooms] = useState<readonly Room[]>();
  const [wanted, setWanted] = useState("");
  const { busy, problem, run } = useRequest();

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the dialog opens
  useEffect(() => {
    void run(async () => setRooms((await api.joinable()).rooms));
  }, []);

  const join = async (topic: string) => {
    const joined = await run(async () => goToRoom((await chat.join(topic)).topic));
    if (joined) onClose();
  };

  const shown = rooms?.filter((room) =>
    `${room.title} ${room.topic} ${room.purpose}`.toLowerCase().includes(wanted),
  );
  return (
    <Dialog title="Browse rooms" about="Rooms anyone may join." onClose={onClose}>
      {((rooms && rooms.length > SEARCHED) || problem) && (
        <Form onSubmit={() => shown?.[0] && void join(shown[0].topic)} problem={problem}>
          <Field label="Find" onChange={(event) => setWanted(event.target.value.toLowerCase())} />
        </Form>
      )}
      {!rooms && busy && <Spinner label="Loading rooms" />}
      {rooms && shown?.length === 0 && (
        <div className={list.empty}>
          <p>{wanted ? "No such room." : "You’re already in every public room. Make the next one!"}</p>
          <Button look="primary" onClick={onCreate}>
            Make a room
          </Button>
        </div>
      )}
      <ul className={list.list}>
        {shown?.map((room) => (
          <li key={room.topic} className={list.item}>
            <span className={list.glyph}>
              <Hash size={19} />
            </span>
            <div className={list.text}>
              <strong>{room.title}</strong>
              <small>
                {room.members === 1 ? "1 member" : `${room.members} members`}
                {room.purpose && ` · ${room.purpose}`}
              </small>
            </div>
            <Button small disabled={busy} onClick={() => join(room.topic)} aria-label={`Join ${room.title}`}>
              Join
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
};
