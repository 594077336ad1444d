import type { Room } from "@chinwag/protocol";
import { presenceInWords, useAdmin, usePerson } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { Avatar, countInWords, IconButton, Menu, MenuItem } from "@chinwag/react/ui";
import { ArrowLeft, Ellipsis, Hash, LockKeyhole, LogOut, Pencil, Users } from "lucide-react";
import { openDialog } from "../app/open-dialog.ts";
import { goToList } from "../app/route.ts";
import styles from "./room.module.css";

interface Props {
  readonly room: Room;
  readonly showMembers: boolean;
  readonly onMembers: () => void;
}

export const RoomHead = ({ room, showMembers, onMembers }: Props) => {
  const t = useText();
  return (
    <header className={styles.head}>
      <IconButton label={t("room.back")} className={styles.back ?? ""} onClick={goToList}>
        <ArrowLeft size={22} className="mirrored" />
      </IconButton>
      {room.direct ? <DirectName room={room} /> : <RoomName room={room} />}
      {!room.direct && (
        <button
          type="button"
          className={styles.members}
          aria-expanded={showMembers}
          aria-label={t("room.members", { count: room.members })}
          onClick={onMembers}
        >
          <Users size={18} /> {countInWords(room.members)}
        </button>
      )}
      {!room.direct && <RoomMenu room={room} />}
    </header>
  );
};

const RoomName = ({ room }: { room: Room }) => {
  const about = room.purpose || topicOf(room);
  return (
    <div className={styles.name}>
      <h1 tabIndex={-1} data-focus-home>
        {room.private ? <LockKeyhole size={17} /> : <Hash size={18} />}
        <span title={room.title}>
          <bdi className="cut">{room.title}</bdi>
        </span>
      </h1>
      {about && (
        <p title={about}>
          <bdi className="cut">{about}</bdi>
        </p>
      )}
    </div>
  );
};

/** The topic, unless it says the same as the title. */
const topicOf = ({ title, topic }: Room): string | undefined =>
  wordsOf(title) === wordsOf(topic) ? undefined : topic;

const wordsOf = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, " ");

const DirectName = ({ room }: { room: Room }) => {
  useText();
  const person = usePerson(room.title);
  return (
    <>
      <Avatar name={room.title} size={40} presence={person?.state ?? "offline"} />
      <div className={styles.name}>
        <h1 tabIndex={-1} data-focus-home>
          <span>
            <bdi className="cut">{room.title}</bdi>
          </span>
        </h1>
        <p>{presenceInWords(person ?? { state: "offline" })}</p>
      </div>
    </>
  );
};

const RoomMenu = ({ room }: { room: Room }) => {
  const t = useText();
  const admin = useAdmin();
  const trigger = (
    <IconButton label={t("room.menu")}>
      <Ellipsis size={20} />
    </IconButton>
  );
  return (
    <Menu trigger={trigger}>
      {(room.owner || admin) && (
        <MenuItem
          icon={<Pencil size={17} />}
          onSelect={() => openDialog({ dialog: "edit", topic: room.topic })}
        >
          {t("room.edit")}
        </MenuItem>
      )}
      <MenuItem
        icon={<LogOut size={17} className="mirrored" />}
        danger
        onSelect={() => openDialog({ dialog: "leave", topic: room.topic })}
      >
        {t("room.leave")}
      </MenuItem>
    </Menu>
  );
};
