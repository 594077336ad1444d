import { keptAs, totalUnread } from "@chinwag/client";
import { useChat, useChatState, Viewer } from "@chinwag/react";
import { PartBoundary, watchLayers } from "@chinwag/react/ui";
import { useEffect } from "react";
import { NoRoom } from "../room/no-room.tsx";
import { RoomScreen } from "../room/room-screen.tsx";
import { Sidebar } from "../sidebar/sidebar.tsx";
import { Dialogs } from "./dialogs.tsx";
import { openRoom, replaceRoom, useOpenRoom } from "./route.ts";
import styles from "./shell.module.css";
import { useFocusKept } from "./use-focus-kept.ts";
import { ONE_COLUMN, useMedia } from "./use-media.ts";

const LAST = keptAs("chinwag:last-room");

/** Whether the window is wide enough for a room next to the list, where a room is always open. */
const isWide = (): boolean => !matchMedia(ONE_COLUMN).matches;

export const Shell = () => {
  const chat = useChat();
  const topic = useOpenRoom();
  const ready = useChatState((state) => state.ready);
  const known = useChatState((state) => topic !== undefined && topic in state.rooms);
  const onlyList = useMedia(ONE_COLUMN) && topic === undefined;
  useFocusKept(topic, topic === undefined || known);
  useEffect(watchLayers, []);

  useEffect(() => {
    void chat.open(topic);
    if (topic !== undefined) localStorage.setItem(LAST, topic);
  }, [chat, topic]);

  useEffect(() => {
    // The address may be newer than the rendered state.
    if (!ready || (topic ?? openRoom()) !== undefined || !isWide()) return;
    const { rooms } = chat.store.get();
    const last = localStorage.getItem(LAST);
    const first = last !== null && last in rooms ? last : (Object.keys(rooms)[0] ?? undefined);
    if (first !== undefined) replaceRoom(first);
  }, [chat, ready, topic]);

  return (
    <div className={styles.shell} data-open={topic !== undefined}>
      <Title topic={topic} />
      <button type="button" className={styles.skip} onClick={skipList}>
        Skip to the messages
      </button>
      {/* Where the list is all that is shown, it is the main part of the page. */}
      <div className={styles.list} role={onlyList ? "main" : undefined}>
        {onlyList && (
          <h1 className="visually-hidden" tabIndex={-1} data-focus-home>
            Rooms and people
          </h1>
        )}
        <PartBoundary what="The list">
          <Sidebar open={topic} />
        </PartBoundary>
      </div>
      <main className={styles.main}>
        <PartBoundary what="This room" of={topic}>
          {topic !== undefined && known && <RoomScreen key={topic} topic={topic} />}
          {ready && !known && <NoRoom topic={topic} />}
        </PartBoundary>
      </main>
      <Dialogs />
      <Viewer />
    </div>
  );
};

/** The fragment of the address names the room, so the skip link is a button. */
const skipList = (): void => document.querySelector<HTMLElement>("main [data-focus-home]")?.focus();

/** The window's title: the room, and the number of unread messages. */
const Title = ({ topic }: { topic: string | undefined }) => {
  const unread = useChatState((state) => totalUnread(state.rooms));
  const room = useChatState((state) => (topic === undefined ? undefined : state.rooms[topic]?.room.title));
  const name = room === undefined ? "Chinwag" : `${room} · Chinwag`;
  return <title>{unread > 0 ? `(${unread}) ${name}` : name}</title>;
};
