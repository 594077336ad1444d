import { useChat, useEntry, useSession } from "@chinwag/react";
import { useEffect } from "react";
import { NoRoom } from "../room/no-room.tsx";
import { RoomScreen } from "../room/room-screen.tsx";
import { Sidebar } from "../sidebar/sidebar.tsx";
import { loadLastRoom, saveLastRoom } from "./last-room.ts";
import { openRoom, replaceRoom, useOpenRoom } from "./route.ts";
import styles from "./shell.module.css";
import { Title } from "./title.tsx";
import { UnsentBar } from "./unsent-bar.tsx";

/** Whether the window is wide enough for a room next to the list, where a room is always open. */
const isWide = (): boolean => matchMedia("(min-width: 761px)").matches;

export const Shell = () => {
  const chat = useChat();
  const topic = useOpenRoom();
  const ready = useSession((session) => session.ready);
  const known = useKnown(topic);

  useEffect(() => {
    if (topic !== undefined) saveLastRoom(topic);
  }, [topic]);

  useEffect(() => {
    // The address may be newer than the rendered state.
    if (!ready || (topic ?? openRoom()) !== undefined || !isWide()) return;
    const { rooms } = chat.store.state;
    const last = loadLastRoom();
    const first = last !== null && rooms.has(last) ? last : rooms.keys().next().value;
    if (first !== undefined) replaceRoom(first);
  }, [chat, ready, topic]);

  return (
    <div className={styles.shell} data-open={topic !== undefined}>
      <Title topic={topic} />
      <Sidebar open={topic} />
      <main className={styles.main}>
        <UnsentBar open={topic} />
        {topic !== undefined && known && <RoomScreen key={topic} topic={topic} />}
        {ready && !known && <NoRoom topic={topic} />}
      </main>
    </div>
  );
};

/** Whether I am in the room. */
const useKnown = (topic: string | undefined): boolean =>
  useEntry(useChat().store.state.rooms, topic ?? "", (held) => held !== undefined);
