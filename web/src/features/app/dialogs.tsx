import { liveSegment } from "@chinwag/client";
import { useChat, useEntry, useSession } from "@chinwag/react";
import { PartBoundary, preloadPopups } from "@chinwag/react/ui";
import { lazy, Suspense, useEffect } from "react";
import { type Asked, closeDialog, useAskedDialog } from "./open-dialog.ts";

const load = {
  account: () => import("../people/add-account.tsx"),
  people: () => import("../people/people-dialog.tsx"),
  browse: () => import("../rooms/browse.tsx"),
  create: () => import("../rooms/create-room.tsx"),
  edit: () => import("../rooms/edit-room.tsx"),
  keys: () => import("../keys/keys.tsx"),
  leave: () => import("../rooms/leave-room.tsx"),
  settings: () => import("../settings/settings.tsx"),
  switcher: () => import("../switcher/switcher.tsx"),
};

const Account = lazy(load.account);
const People = lazy(load.people);
const Browse = lazy(load.browse);
const Create = lazy(load.create);
const Edit = lazy(load.edit);
const Keys = lazy(load.keys);
const Leave = lazy(load.leave);
const Settings = lazy(load.settings);
const Switcher = lazy(load.switcher);

/** Draws the dialog that was asked for. The code of each is loaded when it is opened, or when there is time before. */
export const Dialogs = () => {
  const asked = useAskedDialog();
  const isDrawn = useFirstRoomDrawn();
  useEffect(() => (isDrawn ? whenIdle(preload) : undefined), [isDrawn]);
  if (!asked) return null;
  return (
    <PartBoundary what="dialog" of={asked} floating>
      <Suspense>
        <Opened asked={asked} />
      </Suspense>
    </PartBoundary>
  );
};

const Opened = ({ asked }: { asked: Asked }) => {
  switch (asked.dialog) {
    case "account":
      return <Account name={asked.name} onAdded={asked.onAdded} onClose={closeDialog} />;
    case "people":
      return <People onClose={closeDialog} />;
    case "browse":
      return <Browse onClose={closeDialog} />;
    case "create":
      return <Create title={asked.title} onClose={closeDialog} />;
    case "edit":
      return <Edit topic={asked.topic} onClose={closeDialog} />;
    case "keys":
      return <Keys onClose={closeDialog} />;
    case "leave":
      return <Leave topic={asked.topic} onClose={closeDialog} />;
    case "settings":
      return <Settings onClose={closeDialog} />;
    case "switcher":
      return <Switcher onClose={closeDialog} />;
  }
};

/** So that dialogs also open without a network, and at once. */
const preload = (): void => {
  for (const part of Object.values(load)) part().catch(() => undefined);
  preloadPopups();
};

/** Whether the first room is drawn, or there is none: before that, nothing is loaded that it does not need. */
const useFirstRoomDrawn = (): boolean => {
  const { rooms } = useChat().store.state;
  const ready = useSession((session) => session.ready || session.restored);
  const open = useSession((session) => session.open.at(-1));
  const isDrawn = useEntry(rooms, open ?? "", (held) => !held || liveSegment(held) !== undefined);
  return ready && isDrawn;
};

/** Safari has no `requestIdleCallback`. */
const IDLE = 2_000;

const whenIdle = (work: () => void): (() => void) => {
  if (typeof requestIdleCallback === "undefined") {
    const timer = setTimeout(work, IDLE);
    return () => clearTimeout(timer);
  }
  const asked = requestIdleCallback(work);
  return () => cancelIdleCallback(asked);
};
