import { useAdmin, useMe, useSession, useSteadyConnection } from "@chinwag/react";
import { Avatar, IconButton, Logo, Menu, MenuItem } from "@chinwag/react/ui";
import { Compass, Hash, MessageCirclePlus, Plus, Search, Settings, UserPlus } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { AddAccountDialog } from "../people/add-account.tsx";
import { PeopleDialog } from "../people/people-dialog.tsx";
import { BrowseDialog } from "../rooms/browse.tsx";
import { CreateRoomDialog } from "../rooms/create-room.tsx";
import { SettingsDialog } from "../settings/settings.tsx";
import { Switcher } from "../switcher/switcher.tsx";
import { Lists } from "./lists.tsx";
import styles from "./sidebar.module.css";

type DialogName = "create" | "browse" | "people" | "account" | "settings" | "switcher";

export const Sidebar = ({ open }: { open: string | undefined }) => {
  const [dialog, setDialog] = useState<DialogName>();
  const close = () => setDialog(undefined);
  const admin = useAdmin();
  useSwitcherKey(() => setDialog((now) => (now === "switcher" ? undefined : (now ?? "switcher"))));
  const actions = useMemo(
    () => [
      { id: "people", label: "Talk to somebody", run: () => setDialog("people") },
      { id: "create", label: "Make a room", run: () => setDialog("create") },
      { id: "browse", label: "Browse rooms", run: () => setDialog("browse") },
      ...(admin ? [{ id: "account", label: "Add a person", run: () => setDialog("account") }] : []),
      { id: "settings", label: "Settings", run: () => setDialog("settings") },
    ],
    [admin],
  );

  return (
    <nav className={styles.sidebar} aria-label="Rooms and people">
      <header className={styles.head}>
        <Logo size={30} />
        <span className={styles.name}>chinwag</span>
        <AddMenu onChoose={setDialog} />
      </header>
      <button type="button" className={styles.find} onClick={() => setDialog("switcher")}>
        <Search size={16} />
        <span>Find a room or person</span>
        <kbd>{isApple ? "⌘K" : "Ctrl K"}</kbd>
      </button>
      <Lists open={open} onBrowse={() => setDialog("browse")} onPeople={() => setDialog("people")} />
      <Foot onSettings={() => setDialog("settings")} />
      {dialog === "create" && <CreateRoomDialog onClose={close} />}
      {dialog === "browse" && <BrowseDialog onClose={close} onCreate={() => setDialog("create")} />}
      {dialog === "people" && <PeopleDialog onClose={close} />}
      {dialog === "account" && <AddAccountDialog onClose={close} />}
      {dialog === "settings" && <SettingsDialog onClose={close} />}
      {dialog === "switcher" && <Switcher actions={actions} onClose={close} />}
    </nav>
  );
};

const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

/** Ctrl-K or ⌘-K, by the key's place: on a Cyrillic or Greek keyboard it has another letter. */
const useSwitcherKey = (toggle: () => void): void => {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.code !== "KeyK" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey)
        return;
      event.preventDefault();
      // Another dialog is open: it stays.
      if (!document.querySelector("[role=dialog]:not(:has([role=combobox]))")) toggle();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  });
};

const AddMenu = ({ onChoose }: { onChoose: (dialog: DialogName) => void }) => {
  const admin = useAdmin();
  const trigger = (
    <IconButton label="New…">
      <Plus size={22} />
    </IconButton>
  );
  return (
    <Menu trigger={trigger}>
      <MenuItem icon={<MessageCirclePlus size={18} />} onSelect={() => onChoose("people")}>
        Talk to somebody
      </MenuItem>
      <MenuItem icon={<Hash size={18} />} onSelect={() => onChoose("create")}>
        Make a room
      </MenuItem>
      <MenuItem icon={<Compass size={18} />} onSelect={() => onChoose("browse")}>
        Browse rooms
      </MenuItem>
      {admin && (
        <MenuItem icon={<UserPlus size={18} />} onSelect={() => onChoose("account")}>
          Add a person
        </MenuItem>
      )}
    </Menu>
  );
};

const CONNECTION = {
  live: "Connected",
  connecting: "Connecting…",
  waiting: "Offline, trying again",
} as const;

const Foot = ({ onSettings }: { onSettings: () => void }) => {
  const me = useMe();
  const connection = useSession((session) => session.connection);
  const told = useSteadyConnection(true);
  return (
    <footer className={styles.foot} data-connection={connection}>
      <Avatar name={me} presence={told === "live" ? "online" : "offline"} />
      <div>
        <strong>{me}</strong>
        <span className={styles.connection} data-told={told}>
          {CONNECTION[told]}
        </span>
      </div>
      <IconButton label="Settings" onClick={onSettings}>
        <Settings size={20} />
      </IconButton>
    </footer>
  );
};
