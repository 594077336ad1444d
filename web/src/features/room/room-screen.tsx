import { RoomView, useAdmin, useRoom } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { PartBoundary, Spinner } from "@chinwag/react/ui";
import { lazy, Suspense, useState } from "react";
import { openDialog } from "../app/open-dialog.ts";
import { useTalk } from "../people/use-talk.ts";
import styles from "./room.module.css";
import { RoomHead } from "./room-head.tsx";

const MembersPanel = lazy(() =>
  import("../people/members-panel.tsx").then(({ MembersPanel }) => ({ default: MembersPanel })),
);

/** The room that everybody with an account is in, so that there is nobody to be added. */
const EVERYBODY = "general";

/** A room with its header and the list of its members. */
export const RoomScreen = ({ topic }: { topic: string }) => {
  const t = useText();
  const held = useRoom(topic);
  const admin = useAdmin();
  const talk = useTalk();
  const [showMembers, setShowMembers] = useState(false);
  if (!held) return null;

  const addPeople = () => {
    if (topic === EVERYBODY && admin) openDialog({ dialog: "account" });
    else setShowMembers(true);
  };
  const head = (
    <RoomHead room={held.room} showMembers={showMembers} onMembers={() => setShowMembers(!showMembers)} />
  );
  return (
    <div className={styles.screen}>
      <RoomView
        topic={topic}
        head={head}
        onAddPeople={addPeople}
        onTalk={held.room.direct ? undefined : talk}
      />
      {showMembers && (
        <PartBoundary what="members">
          <Suspense
            fallback={
              <div className={styles.loading}>
                <Spinner label={t("members.loading")} />
              </div>
            }
          >
            <MembersPanel held={held} onClose={() => setShowMembers(false)} />
          </Suspense>
        </PartBoundary>
      )}
    </div>
  );
};
