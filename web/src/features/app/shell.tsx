import { useChat, useEntry, useSession, Viewer } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { PartBoundary, watchLayers } from "@chinwag/react/ui";
import { lazy, Suspense, useEffect } from "react";
import { RoomScreen } from "../room/room-screen.tsx";
import { Sidebar } from "../sidebar/sidebar.tsx";
import { watchNotifications } from "./alerts.ts";
import { Dialogs } from "./dialogs.tsx";
import { loadLastRoom, saveLastRoom } from "./last-room.ts";
import { NewVersionBar } from "./new-version-bar.tsx";
import { openRoom, replaceRoom, useOpenRoom } from "./route.ts";
import styles from "./shell.module.css";
import { Title } from "./title.tsx";
import { UnsentBar } from "./unsent-bar.tsx";
import { useFocusKept } from "./use-focus-kept.ts";
import { ONE_COLUMN, useMedia } from "./use-media.ts";
import { useShortcuts } from "./use-shortcuts.ts";

const NoRoom = lazy(() => import("../room/no-room.tsx").then(({ NoRoom }) => ({ default: NoRoom })));

/** Whether the window is wide enough for a room next to the list, where a room is always open. */
const isWide = (): boolean => !matchMedia(ONE_COLUMN).matches;

export const Shell = () => {
  const t = useText();
  const chat = useChat();
  const topic = useOpenRoom();
  const ready = useSession((session) => session.ready);
  const hasRooms = useSession((session) => session.ready || session.restored);
  const known = useKnown(topic);
  const onlyList = useMedia(ONE_COLUMN) && topic === undefined;
  useFocusKept(topic, topic === undefined || known);
  useShortcuts();
  useEffect(watchLayers, []);
  useEffect(watchNotifications, []);

  useEffect(() => {
    if (topic !== undefined) saveLastRoom(topic);
  }, [topic]);

  useEffect(() => {
    // The address may be newer than the rendered state.
    if (!hasRooms || (topic ?? openRoom()) !== undefined || !isWide()) return;
    const { rooms } = chat.store.state;
    const last = loadLastRoom();
    const first = last !== null && rooms.has(last) ? last : rooms.keys().next().value;
    if (first !== undefined) replaceRoom(first);
  }, [chat, hasRooms, topic]);

  return (
    <div className={styles.shell} data-open={topic !== undefined}>
      <Title topic={topic} />
      <button type="button" className={styles.skip} onClick={skipList}>
        {t("sidebar.skip")}
      </button>
      {/* Where the list is all that is shown, it is the main part of the page. */}
      <div className={styles.list} role={onlyList ? "main" : undefined}>
        {onlyList && (
          <h1 className="visually-hidden" tabIndex={-1} data-focus-home>
            {t("sidebar.label")}
          </h1>
        )}
        <PartBoundary what="list">
          <Sidebar open={topic} />
        </PartBoundary>
      </div>
      <main className={styles.main}>
        <PartBoundary what="room" of={topic}>
          <NewVersionBar />
          <UnsentBar open={topic} />
          {topic !== undefined && known && <RoomScreen key={topic} topic={topic} />}
          {ready && !known && (
            <Suspense>
              <NoRoom topic={topic} />
            </Suspense>
          )}
        </PartBoundary>
      </main>
      <Dialogs />
      <Viewer />
    </div>
  );
};

/** The fragment of the address names the room, so the skip link is a button. */
const skipList = (): void => document.querySelector<HTMLElement>("main [data-focus-home]")?.focus();

/** Whether I am in the room. */
const useKnown = (topic: string | undefined): boolean =>
  useEntry(useChat().store.state.rooms, topic ?? "", (held) => held !== undefined);
