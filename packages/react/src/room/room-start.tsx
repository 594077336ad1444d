import type { Room } from "@chinwag/protocol";
import { UserPlus } from "lucide-react";
import { useEmbedded } from "../embedded.ts";
import { Button } from "../ui/button.tsx";
import styles from "./timeline.module.css";

interface Props {
  readonly room: Room;
  readonly onAddPeople: (() => void) | undefined;
}

/** The beginning of a room's history. */
export const RoomStart = ({ room, onAddPeople }: Props) => {
  const embedded = useEmbedded();
  return (
    <div className={styles.start}>
      {room.direct ? (
        <>
          <h2>You and {room.title}</h2>
          <p>This is the beginning of your conversation. Only the two of you can see it.</p>
        </>
      ) : (
        <>
          <h2>{room.title}</h2>
          {room.purpose && <p>{room.purpose}</p>}
          {!embedded && (
            <p>
              Scripts and devices know this room by its topic, <code>{room.topic}</code>.
            </p>
          )}
          {room.members === 1 && onAddPeople && (
            <Button onClick={onAddPeople}>
              <UserPlus size={18} /> Add people
            </Button>
          )}
        </>
      )}
    </div>
  );
};
