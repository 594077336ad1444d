import { listedPeople, listedRooms } from "@chinwag/client";
import { useChatState, useMe, useSteadyConnection } from "@chinwag/react";
import { Avatar, IconButton, Logo, Menu, MenuItem } from "@chinwag/react/ui";
import { Compass, Hash, MessageCirclePlus, Plus, Search, Settings, UserPlus, Users } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { openDialog } from "../app/open-dialog.ts";
import { PersonRow, RoomRow } from "./rows.tsx";
import styles from "./sidebar.module.css";

/** Maximum number of people in the list: conversations first, then by presence. The people dialog has the rest. */
const PEOPLE_SHOWN = 40;

export const Sidebar = ({ open }: { open: string | undefined }) => {
  const [wanted, setWanted] = useState("");

  return (
    <nav className={styles.sidebar} aria-label="Rooms and people">
      <header className={styles.head}>
        <Logo size={30} />
        <span className={styles.name}>chinwag</span>
        <AddMenu />
      </header>
      <SearchField value={wanted} onChange={setWanted} />
      <Lists open={open} wanted={wanted.trim().toLowerCase()} />
      <Foot />
    </nav>
  );
};

const AddMenu = () => {
  const admin = useChatState((state) => state.me.admin);
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

const SearchField = ({ value, onChange }: { value: string; onChange: (value: string) => void }) => {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const jump = (event: KeyboardEvent) => {
      if (event.key !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener("keydown", jump);
    return () => removeEventListener("keydown", jump);
  }, []);
  return (
    <search className={styles.search}>
      <Search size={16} />
      <input
        ref={input}
        type="text"
        aria-label="Find a room or person"
        placeholder="Find a room or person"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onChange("");
          if (event.key === "Enter")
            event.currentTarget.closest("nav")?.querySelector<HTMLElement>("li > *")?.click();
        }}
      />
    </search>
  );
};

interface ListsProps {
  readonly open: string | undefined;
  readonly wanted: string;
}

const Lists = ({ open, wanted }: ListsProps) => {
  const rooms = useChatState((state) => state.rooms);
  const people = useChatState((state) => state.people);
  const ready = useChatState((state) => state.ready);
  const me = useMe();
  const allRooms = useMemo(() => listedRooms(rooms), [rooms]);
  const allPeople = useMemo(() => listedPeople(people, rooms, me), [people, rooms, me]);

  const has = (...texts: string[]) => texts.some((text) => text.toLowerCase().includes(wanted));
  const shownRooms = allRooms.filter((room) => has(room.title, room.topic));
  const shownPeople = allPeople.filter(({ person }) => has(person.name)).slice(0, PEOPLE_SHOWN);
  return (
    <div className={styles.lists}>
      <div className={styles.section}>
        <h2>Rooms</h2>
        <IconButton label="Browse rooms" onClick={() => openDialog({ dialog: "browse" })}>
          <Compass size={17} />
        </IconButton>
      </div>
      <ul aria-label="Rooms">
        {shownRooms.map((room) => (
          <RoomRow key={room.topic} room={room} open={open === room.topic} />
        ))}
      </ul>
      {ready && shownRooms.length === 0 && (
        <p className={styles.nothing}>{wanted ? "No room by that name." : "You’re in no room yet."}</p>
      )}
      <div className={styles.section}>
        <h2>People</h2>
        <IconButton label="All people" onClick={() => openDialog({ dialog: "people" })}>
          <Users size={17} />
        </IconButton>
      </div>
      <ul aria-label="People">
        {shownPeople.map((listed) => (
          <PersonRow
            key={listed.person.name}
            {...listed}
            open={open !== undefined && open === listed.room?.topic}
          />
        ))}
      </ul>
      {ready && shownPeople.length === 0 && (
        <p className={styles.nothing}>{wanted ? "Nobody by that name." : "Nobody else is here yet."}</p>
      )}
    </div>
  );
};

const CONNECTION = {
  live: "Connected",
  connecting: "Connecting…",
  waiting: "Offline, trying again",
} as const;

const Foot = () => {
  const me = useMe();
  const connection = useChatState((state) => state.connection);
  const told = useSteadyConnection(true);
  return (
    <footer className={styles.foot} data-connection={connection}>
      <Avatar name={me} presence={told === "live" ? "online" : "offline"} />
      <div>
        <strong>{me}</strong>
        <span className={styles.connection} role="status" data-told={told}>
          {CONNECTION[told]}
        </span>
      </div>
      <IconButton label="Settings" onClick={() => openDialog({ dialog: "settings" })}>
        <Settings size={20} />
      </IconButton>
    </footer>
  );
};
