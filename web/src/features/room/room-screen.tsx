import { RoomView, useRoom } from "@chinwag/react";
import { useState } from "react";
import { MembersPanel } from "../people/members-panel.tsx";
import styles from "./room.module.css";
import { RoomHead } from "./room-head.tsx";

/** A room with its header and the list of its members. */
export const RoomScreen = ({ topic }: { topic: string }) => {
  const held = useRoom(topic);
  const [showMembers, setShowMembers] = useState(false);
  if (!held) return null;
  const head = (
    <RoomHead room={held.room} showMembers={showMembers} onMembers={() => setShowMembers(!showMembers)} />
  );
  return (
    <div className={styles.screen}>
      <RoomView topic={topic} head={head} onAddPeople={() => setShowMembers(true)} />
      {showMembers && <MembersPanel held={held} onClose={() => setShowMembers(false)} />}
    </div>
  );
};
