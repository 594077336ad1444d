import { totalUnread } from "@chinwag/client";
import { useChat, useChatState } from "@chinwag/react";
import { useEffect } from "react";
import { NoRoom } from "../room/no-room.tsx";
import { RoomScreen } from "../room/room-screen.tsx";
import { Sidebar } from "../sidebar/sidebar.tsx";
import { loadLastRoom, saveLastRoom } from "./last-room.ts";
import { openRoom, replaceRoom, useOpenRoom } from "./route.ts";
import styles from "./shell.module.css";
import { UnsentBar } from "./unsent-bar.tsx";

/** Whether the window is wide enough for a room next to the list, where a room is always open. */
const isWide = (): boolean => matchMedia("(min-width: 761px)").matches;

export const Shell = () => {
  const chat = useChat();
  const topic = useOpenRoom();
  const ready = useChatState((state) => state.ready);
  const known = useChatState((state) => topic !== undefined && topic in state.rooms);

  useEffect(() => {
    void chat.open(topic);
    if (topic !== undefined) saveLastRoom(topic);
  }, [chat, topic]);

  useEffect(() => {
    // The address may be newer than the rendered state.
    if (!ready || (topic ?? openRoom()) !== undefined || !isWide()) return;
    const { rooms } = chat.store.get();
    const last = loadLastRoom();
    const first = last !== null && last in rooms ? last : (Object.keys(rooms)[0] ?? undefined);
    if (first !== undefined) replaceRoom(first);
  }, [chat, ready, topic]);

  return (
    <div className={styles.shell} data-open={topic !== undefined}>
      <Title />
      <Sidebar open={topic} />
      <main className={styles.main}>
        <UnsentBar open={topic} />
        {topic !== undefined && known && <RoomScreen key={topic} topic={topic} />}
        {ready && !known && <NoRoom topic={topic} />}
      </main>
    </div>
  );
};

/** Shows the number of unread messages in the window's title. */
const Title = () => {
  const unread = useChatState((state) => totalUnread(state.rooms));
  return <title>{unread > 0 ? `(${unread}) Chinwag` : "Chinwag"}</title>;
};
