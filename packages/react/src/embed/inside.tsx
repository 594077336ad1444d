import { type Failure, failureOf, isTemporary, type Notice } from "@chinwag/client";
import type { Room } from "@chinwag/protocol";
import { Hash, LockKeyhole, X } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useChat, useEntry, useSession } from "../chat-context.tsx";
import { useText } from "../language/index.ts";
import { RoomView } from "../room/room.tsx";
import { Unsent } from "../room/unsent.tsx";
import { Viewer } from "../room/viewer.tsx";
import { Avatar } from "../ui/avatar.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { Spinner } from "../ui/spinner.tsx";
import { useRequest } from "../ui/use-request.ts";
import { failureWords, noticeWords } from "../words.ts";
import styles from "./embed.module.css";
import { Message, Retry } from "./trouble.tsx";

interface Props {
  readonly topic: string;
  readonly head: ReactNode | undefined;
  readonly notice: Notice | undefined;
  readonly onNoticed: () => void;
}

/** The room, once there is a chat. */
export const Inside = ({ topic, head, notice, onNoticed }: Props) => {
  const t = useText();
  const ready = useSession((session) => session.ready);
  const room = useEntry(useChat().store.state.rooms, topic, (held) => held?.room);
  if (!room)
    return ready ? <NotIn key={topic} topic={topic} /> : <Spinner label={t("connection.connecting")} />;
  return (
    <>
      <RoomView key={topic} topic={topic} head={head === undefined ? <Head room={room} /> : head} />
      {notice && <NoticeLine text={noticeWords(notice)} onClose={onNoticed} />}
      <Viewer />
    </>
  );
};

const Head = ({ room }: { room: Room }) => (
  <header className={styles.head}>
    <h2 tabIndex={-1} data-focus-home>
      {room.direct ? (
        <Avatar name={room.title} size={26} />
      ) : room.private ? (
        <LockKeyhole size={15} />
      ) : (
        <Hash size={16} />
      )}
      <span dir="auto">{room.title}</span>
    </h2>
    {room.purpose && <p dir="auto">{room.purpose}</p>}
  </header>
);

const NoticeLine = ({ text, onClose }: { text: string; onClose: () => void }) => {
  const t = useText();
  return (
    <div className={styles.notice} role="status">
      <p dir="auto">{text}</p>
      <IconButton label={t("close")} onClick={onClose}>
        <X size={16} />
      </IconButton>
    </div>
  );
};

/** A room that I am not in: it can be joined, or there is none that I may know of. */
const NotIn = ({ topic }: { topic: string }) => {
  const t = useText();
  const chat = useChat();
  const { room, failure, look } = usePublicRoom(topic);
  const { busy, problem, run } = useRequest();
  if (room)
    return (
      <Message text={t("embed.notIn")}>
        {problem && <p role="alert">{problem}</p>}
        <Button look="primary" disabled={busy} onClick={() => run(() => chat.join(topic))}>
          {t("room.join")}
        </Button>
        <Unsent topic={topic} />
      </Message>
    );
  if (!failure) return <Spinner label={t("connection.connecting")} />;
  return (
    <Message text={isTemporary(failure) ? failureWords(failure) : t("room.notInAbout")}>
      <Retry onRetry={look} />
      <Unsent topic={topic} />
    </Message>
  );
};

/** The room if it may be joined, or why not. */
const usePublicRoom = (topic: string) => {
  const { api } = useChat();
  const [found, setFound] = useState<{ room?: Room; failure?: Failure }>({});
  const [tries, setTries] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each try asks again
  useEffect(() => {
    let wanted = true;
    api.room(topic).then(
      (room) => wanted && setFound({ room }),
      (error) => wanted && setFound({ failure: failureOf(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [api, topic, tries]);
  return { ...found, look: () => setTries(tries + 1) };
};
