import { DELETED, type ListedPerson, typingIn } from "@chinwag/client";
import type { Room } from "@chinwag/protocol";
import { errorWords, useChat, useChatState, useMe } from "@chinwag/react";
import { Avatar, briefCount, briefTime, notify } from "@chinwag/react/ui";
import { Hash, LockKeyhole } from "lucide-react";
import type { ReactNode } from "react";
import { goToRoom } from "../app/route.ts";
import styles from "./sidebar.module.css";

export const RoomRow = ({ room, open }: { room: Room; open: boolean }) => (
  <li>
    <a
      href={`#/${encodeURI(room.topic)}`}
      className={`${styles.row} ${room.unread > 0 ? styles.unread : ""}`}
      aria-current={open ? "page" : undefined}
    >
      <span className={styles.glyph}>{room.private ? <LockKeyhole size={17} /> : <Hash size={18} />}</span>
      <span className={styles.text}>
        <span className={styles.title}>{room.title}</span>
        <Preview room={room} fallback={room.purpose || room.topic} />
      </span>
      <Aside room={room} />
    </a>
  </li>
);

const PRESENCE = { online: "Online", away: "Away", offline: "Offline" } as const;

/** A person with the direct conversation; clicking the row starts one if there is none. */
export const PersonRow = ({ person, room, open }: ListedPerson & { open: boolean }) => {
  const chat = useChat();
  const talk = async () => {
    try {
      goToRoom((await chat.direct(person.name)).topic);
    } catch (error) {
      notify(errorWords(error));
    }
  };
  // Presence that is not published to me may be outdated, so it is not shown.
  const presence = person.live ? PRESENCE[person.state] : "";
  const inside: ReactNode = (
    <>
      <Avatar name={person.name} size={38} presence={person.live ? person.state : undefined} />
      <span className={styles.text}>
        <span className={styles.title}>
          {person.name}
          {presence && <span className="visually-hidden">, {presence}</span>}
        </span>
        {room ? (
          <Preview room={room} fallback={presence} />
        ) : (
          <span className={styles.preview}>{presence}</span>
        )}
      </span>
      {room ? <Aside room={room} /> : <span />}
    </>
  );
  return (
    <li>
      {room ? (
        <a
          href={`#/${encodeURI(room.topic)}`}
          className={`${styles.row} ${room.unread > 0 ? styles.unread : ""}`}
          aria-current={open ? "page" : undefined}
        >
          {inside}
        </a>
      ) : (
        <button type="button" className={styles.row} onClick={talk}>
          {inside}
        </button>
      )}
    </li>
  );
};

/** The last message, or who is typing. */
const Preview = ({ room, fallback }: { room: Room; fallback: string }) => {
  const me = useMe();
  const typing = useChatState((state) => typingIn(state, room.topic).join(", "));
  if (typing) return <span className={styles.preview}>{room.direct ? "typing…" : `${typing} typing…`}</span>;
  const last = room.last_message;
  if (last?.type !== "message") return <span className={styles.preview}>{fallback}</span>;
  const who = last.sender === me ? "You: " : room.direct ? "" : `${last.sender}: `;
  const files = last.attachments?.map((file) => file.name).join(", ");
  return (
    <span className={styles.preview}>
      {who}
      {last.deleted ? DELETED : last.text || files}
    </span>
  );
};

const Aside = ({ room }: { room: Room }) => (
  <span className={styles.aside}>
    {room.last_message && (
      <time dateTime={room.last_message.sent_at}>{briefTime(room.last_message.sent_at)}</time>
    )}
    {room.unread > 0 && (
      <span className={styles.badge}>
        {briefCount(room.unread)}
        <span className="visually-hidden"> unread</span>
      </span>
    )}
  </span>
);
