import { plain } from "@chinwag/client/text";
import type { Room } from "@chinwag/protocol";
import { errorWords, useChat, useEntry, useMe, usePerson, useTyping } from "@chinwag/react";
import { listed, useText } from "@chinwag/react/language";
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
  const t = useText();
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
          <bdi className="cut">{room.title}</bdi>
        </span>
        {!compact && <Preview room={room} fallback={room.purpose} />}
      </span>
      <span className={styles.aside}>
        {!compact && <LastTime room={room} />}
        {isNew && (
          <span className={styles.dot}>
            <span className="visually-hidden">
              {t("unread.count", { count: room.unread, shown: briefCount(room.unread) })}
            </span>
          </span>
        )}
      </span>
    </a>
  );
});

/** A direct conversation. */
export const DirectRow = memo(({ topic, name, open }: { topic: string; name: string; open: boolean }) => {
  const t = useText();
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
        <Preview room={room} fallback={person?.live ? t(`presence.${person.state}`) : ""} />
      </span>
      <span className={styles.aside}>
        <LastTime room={room} />
        {room.unread > 0 && (
          <span className={styles.badge}>
            <span aria-hidden="true">{briefCount(room.unread)}</span>
            <span className="visually-hidden">
              {t("unread.count", { count: room.unread, shown: briefCount(room.unread) })}
            </span>
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
  const t = useText();
  const person = usePerson(name);
  return (
    <span className={styles.title}>
      <bdi>{name}</bdi>
      {person?.live && (
        <span className="visually-hidden">
          {t("sidebar.presence", { presence: t(`presence.${person.state}`) })}
        </span>
      )}
    </span>
  );
};

/** The last message, or who is typing. */
const Preview = ({ room, fallback }: { room: Room; fallback: string }) => {
  const t = useText();
  const me = useMe();
  const typing = useTyping(room.topic);
  const last = room.last_message?.type === "message" ? room.last_message : undefined;
  const text = useMemo(() => plain(last?.text ?? ""), [last?.text]);
  if (typing.length > 0)
    return (
      <span className={styles.preview}>
        <bdi className="cut">
          {room.direct
            ? t("sidebar.typing")
            : t("sidebar.typingWho", { names: listed(typing), count: typing.length })}
        </bdi>
      </span>
    );
  if (!last)
    return (
      <span className={styles.preview}>
        <bdi className="cut">{fallback}</bdi>
      </span>
    );
  const words = last.deleted
    ? t("message.deleted")
    : text || listed(last.attachments?.map((file) => file.name) ?? []);
  const said = <bdi className="cut">{words}</bdi>;
  return (
    <span className={styles.preview}>
      {last.sender === me
        ? t.rich("sidebar.saidYou", { text: said })
        : room.direct
          ? said
          : t.rich("sidebar.said", { name: <bdi>{last.sender}</bdi>, text: said })}
    </span>
  );
};

const LastTime = ({ room: { last_message } }: { room: Room }) => {
  useText();
  return last_message && <time dateTime={last_message.sent_at}>{briefTime(last_message.sent_at)}</time>;
};
