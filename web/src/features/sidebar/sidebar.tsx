import { useAdmin, useMe, useSession, useSteadyConnection } from "@chinwag/react";
import { Avatar, IconButton, Logo, Menu, MenuItem } from "@chinwag/react/ui";
import { Compass, Hash, MessageCirclePlus, Plus, Search, Settings, UserPlus } from "lucide-react";
import { useEffect } from "react";
import { openDialog, toggleDialog } from "../app/open-dialog.ts";
import { Lists } from "./lists.tsx";
import styles from "./sidebar.module.css";

export const Sidebar = ({ open }: { open: string | undefined }) => {
  useSwitcherKey();
  return (
    <nav className={styles.sidebar} aria-label="Rooms and people">
      <header className={styles.head}>
        <Logo size={30} />
        <span className={styles.name}>chinwag</span>
        <AddMenu />
      </header>
      <button type="button" className={styles.find} onClick={() => openDialog({ dialog: "switcher" })}>
        <Search size={16} />
        <span>Find a room or person</span>
        <kbd>{isApple ? "⌘K" : "Ctrl K"}</kbd>
      </button>
      <Lists open={open} />
      <Foot />
    </nav>
  );
};

const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

/** Ctrl-K or ⌘-K, by the key's place: on a Cyrillic or Greek keyboard it has another letter. */
const useSwitcherKey = (): void => {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.code !== "KeyK" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey)
        return;
      event.preventDefault();
      toggleDialog({ dialog: "switcher" });
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
};

const AddMenu = () => {
  const admin = useAdmin();
  const trigger = (
    <IconButton label="New…">
      <Plus size={22} />
    </IconButton>
  );
  return (
    <Menu trigger={trigger}>
      <MenuItem icon={<MessageCirclePlus size={18} />} onSelect={() => openDialog({ dialog: "people" })}>
        New conversation
      </MenuItem>
      <MenuItem icon={<Hash size={18} />} onSelect={() => openDialog({ dialog: "create" })}>
        Make a room
      </MenuItem>
      <MenuItem icon={<Compass size={18} />} onSelect={() => openDialog({ dialog: "browse" })}>
        Browse rooms
      </MenuItem>
      {admin && (
        <MenuItem icon={<UserPlus size={18} />} onSelect={() => openDialog({ dialog: "account" })}>
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

const Foot = () => {
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
      <IconButton label="Settings" onClick={() => openDialog({ dialog: "settings" })}>
        <Settings size={20} />
      </IconButton>
    </footer>
  );
};
