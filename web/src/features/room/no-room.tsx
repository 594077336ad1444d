import type { Room } from "@chinwag/protocol";
import { errorWords, Unsent, useChat } from "@chinwag/react";
import { Button, Logo, notify } from "@chinwag/react/ui";
import { DoorClosed, DoorOpen } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "../../api.ts";
import { replaceRoom } from "../app/route.ts";
import styles from "./room.module.css";

/** Shown next to the list when no room is open, or when I am not a member of the room in the address. */
export const NoRoom = ({ topic }: { topic: string | undefined }) => {
  if (topic !== undefined) return <NotMine key={topic} topic={topic} />;
  return (
    <div className={styles.empty}>
      <Logo size={64} />
      <h1>Fancy a chat?</h1>
      <p>Choose a room or a person on the left, or make a room of your own.</p>
    </div>
  );
};

const NotMine = ({ topic }: { topic: string }) => {
  const chat = useChat();
  const [busy, setBusy] = useState(false);
  const room = usePublicRoom(topic);
  const join = async () => {
    setBusy(true);
    try {
      await chat.join(topic);
    } catch (error) {
      notify(errorWords(error));
    } finally {
      setBusy(false);
    }
  };
  if (room === "asking") return null;
  return (
    <div className={styles.empty}>
      {room ? <DoorOpen size={56} strokeWidth={1.4} /> : <DoorClosed size={56} strokeWidth={1.4} />}
      <h1>{room ? room.title : `You’re not in ${topic}`}</h1>
      {room ? (
        <>
          {room.purpose && <p>{room.purpose}</p>}
          <p>{room.members === 1 ? "1 member" : `${room.members} members`}. You’re not in this room yet.</p>
        </>
      ) : (
        <p>There is no such room, or it’s private and somebody inside has to let you in.</p>
      )}
      <div className={styles.choices}>
        <Button onClick={() => replaceRoom(undefined)}>Back to my rooms</Button>
        {room && (
          <Button look="primary" disabled={busy} onClick={join}>
            Join
          </Button>
        )}
      </div>
      <Unsent topic={topic} />
    </div>
  );
};

/** The room if it may be joined; undefined if there is none that I may know of. */
const usePublicRoom = (topic: string): Room | "asking" | undefined => {
  const [room, setRoom] = useState<Room | "asking" | undefined>("asking");
  useEffect(() => {
    let wanted = true;
    api.room(topic).then(
      (found) => wanted && setRoom(found),
      () => wanted && setRoom(undefined),
    );
    return () => {
      wanted = false;
    };
  }, [topic]);
  return room;
};
