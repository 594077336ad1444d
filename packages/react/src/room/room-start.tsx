import type { Room } from "@chinwag/protocol";
import { UserPlus } from "lucide-react";
import { useText } from "../language/index.ts";
import { Button } from "../ui/button.tsx";
import styles from "./timeline.module.css";

/** The beginning of a room's history. */
export const RoomStart = ({ room, onAddPeople }: { room: Room; onAddPeople: (() => void) | undefined }) => {
  const t = useText();
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
          <p>
            {t.rich("room.startTopic", {
              topic: (
                <code>
                  <bdi>{room.topic}</bdi>
                </code>
              ),
            })}
          </p>
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
