import type { Room } from "@chinwag/protocol";
import { UserPlus } from "lucide-react";
import { useEmbedded } from "../embedded.ts";
import { useText } from "../language/index.ts";
import { Button } from "../ui/button.tsx";
import styles from "./timeline.module.css";

interface Props {
  readonly room: Room;
  readonly onAddPeople: (() => void) | undefined;
}

/** The beginning of a room's history. */
export const RoomStart = ({ room, onAddPeople }: Props) => {
  const t = useText();
  const embedded = useEmbedded();
  return (
    <div className={styles.start}>
      {room.direct ? (
        <>
          <h2>{t.rich("room.startDirect", { name: <bdi>{room.title}</bdi> })}</h2>
          <p>{t("room.startDirectAbout")}</p>
        </>
      ) : (
        <>
          <h2>
            <bdi>{room.title}</bdi>
          </h2>
          {room.purpose && (
            <p>
              <bdi>{room.purpose}</bdi>
            </p>
          )}
          {!embedded && (
            <p>
              {t.rich("room.startTopic", {
                topic: (
                  <code>
                    <bdi>{room.topic}</bdi>
                  </code>
                ),
              })}
            </p>
          )}
          {room.members === 1 && onAddPeople && (
            <Button onClick={onAddPeople}>
              <UserPlus size={18} /> {t("room.addPeople")}
            </Button>
          )}
        </>
      )}
    </div>
  );
};
