import { DELETED } from "@chinwag/client";
import { plain } from "@chinwag/client/text";
import type { Room } from "@chinwag/protocol";
import { errorWords, useChat, useEntry, useMe, usePerson, useTyping } from "@chinwag/react";
import { Avatar, briefCount, briefTime, notify } from "@chinwag/react/ui";
import { Hash, LockKeyhole } from "lucide-react";
import { memo, useMemo } from "react";
import { goToRoom } from "../app/route.ts";
import styles from "./sidebar.module.css";

/** What the list shows of a room; draws again only when that changes. */
const useListed = (topic: string): Room | undefined =>
  useEntry(useChat().store.state.rooms, topic, (held) => held?.room);

interface RoomRowProps {
  readonly topic: string;
  readonly open: boolean;
  /** One line only, where there are many rooms. */
  readonly compact: boolean;
}

/** A room. That something is new is told by a bold title and a dot; numbers are for what is meant for me. */
export const RoomRow = memo(({ topic, open, compact }: RoomRowProps) => {
  const room = useListed(topic);
  if (!room) return null;
  const isNew = room.unread > 0;
  return (
    <a
      href={`#/${encodeURI(topic)}`}
      className={styles.row}
      data-unread={isNew}
      data-compact={compact}
      aria-current={open ? "page" : undefined}
      title={room.title}
    >
      <span className={styles.glyph}>{room.private ? <LockKeyhole size={16} /> : <Hash size={17} />}</span>
      <span className={styles.text}>
        <span className={styles.title}>
          <bdi>{room.title}</bdi>
        </span>
        {!compact && <Preview room={room} fallback={room.purpose} />}
      </span>
      <span className={styles.aside}>
        {!compact && <LastTime room={room} />}
        {isNew && (
          <span className={styles.dot}>
            <span className="visually-hidden">{briefCount(room.unread)} unread</span>
          </span>
        )}
      </span>
    </a>
  );
});

const PRESENCE = { online: "Online", away: "Away", offline: "Offline" } as const;

/** A direct conversation. */
export const DirectRow = memo(({ topic, name, open }: { topic: string; name: string; open: boolean }) => {
  const room = useListed(topic);
  const person = usePerson(name);
  if (!room) return null;
  return (
    <a
      href={`#/${encodeURI(topic)}`}
      className={styles.row}
      data-unread={room.unread > 0}
      aria-current={open ? "page" : undefined}
      title={name}
    >
      <Face name={name} />
      <span className={styles.text}>
        <Name name={name} />
        <Preview room={room} fallback={person?.live ? PRESENCE[person.state] : ""} />
      </span>
      <span className={styles.aside}>
        <LastTime room={room} />
        {room.unread > 0 && (
          <span className={styles.badge}>
            {briefCount(room.unread)}
            <span className="visually-hidden"> unread</span>
          </span>
        )}
      </span>
    </a>
  );
});

/** Somebody with whom there is no conversation yet; a click starts one. */
export const PersonRow = memo(({ name }: { name: string }) => {
  const chat = useChat();
  const talk = async () => {
    try {
      goToRoom((await chat.direct(name)).topic);
    } catch (error) {
      notify(errorWords(error));
    }
  };
  return (
    <button type="button" className={styles.row} onClick={talk} title={name}>
      <Face name={name} />
      <span className={styles.text}>
        <Name name={name} />
      </span>
      <span />
    </button>
  );
});

/** Presence that is not published to me may be outdated, so it is not shown. */
const Face = ({ name }: { name: string }) => {
  const person = usePerson(name);
  return <Avatar name={name} size={34} presence={person?.live ? person.state : undefined} />;
};

const Name = ({ name }: { name: string }) => {
  const person = usePerson(name);
  return (
    <span className={styles.title}>
      <bdi>{name}</bdi>
      {person?.live && <span className="visually-hidden">, {PRESENCE[person.state]}</span>}
    </span>
  );
};

/** The last message, or who is typing. */
const Preview = ({ room, fallback }: { room: Room; fallback: string }) => {
  const me = useMe();
  const typing = useTyping(room.topic).join(", ");
  const last = room.last_message?.type === "message" ? room.last_message : undefined;
  const text = useMemo(() => plain(last?.text ?? ""), [last?.text]);
  if (typing) return <span className={styles.preview}>{room.direct ? "typing…" : `${typing} typing…`}</span>;
  if (!last) return <span className={styles.preview}>{fallback}</span>;
  const who = last.sender === me ? "You: " : room.direct ? "" : `${last.sender}: `;
  const files = last.attachments?.map((file) => file.name).join(", ");
  return (
    <span className={styles.preview}>
      {who}
      <bdi>{last.deleted ? DELETED : text || files}</bdi>
    </span>
  );
};

const LastTime = ({ room: { last_message } }: { room: Room }) =>
  last_message && <time dateTime={last_message.sent_at}>{briefTime(last_message.sent_at)}</time>;
