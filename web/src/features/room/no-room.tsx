import type { Room } from "@chinwag/protocol";
import { Unsent, useChat, useMe, usePerson } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { Avatar, Button, Logo, useRequest } from "@chinwag/react/ui";
import { DoorClosed, DoorOpen, UserX } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { api } from "../../api.ts";
import { goToList, goToRoom } from "../app/route.ts";
import { otherOf } from "./other-of.ts";
import styles from "./room.module.css";

/** Shown next to the list when no room is open, or when I am not a member of the room in the address. */
export const NoRoom = ({ topic }: { topic: string | undefined }) => {
  const t = useText();
  const me = useMe();
  if (topic === undefined)
    return (
      <Empty icon={<Logo size={64} />} title={t("room.none")}>
        <p>{t("room.noneAbout")}</p>
      </Empty>
    );
  const other = otherOf(topic, me);
  if (other !== undefined) return <NoConversation key={topic} name={other} />;
  return <NotMine key={topic} topic={topic} />;
};

interface EmptyProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly children: ReactNode;
}

const Empty = ({ icon, title, children }: EmptyProps) => (
  <div className={styles.empty}>
    {icon}
    <h1 tabIndex={-1} data-focus-home dir="auto">
      {title}
    </h1>
    {children}
  </div>
);

/** The address of a conversation that has not begun, or of one with nobody. */
const NoConversation = ({ name }: { name: string }) => {
  const t = useText();
  const chat = useChat();
  const person = usePerson(name);
  const { busy, problem, run } = useRequest();
  const talk = () => run(async () => goToRoom((await chat.direct(name)).topic));
  if (!person)
    return (
      <Empty icon={<UserX size={56} strokeWidth={1.4} />} title={t("room.nobody", { name })}>
        <p>{t("room.nobodyAbout")}</p>
        <Choices />
      </Empty>
    );
  return (
    <Empty icon={<Avatar name={name} size={64} presence={person.state} />} title={name}>
      <p>{t("room.noTalk", { name })}</p>
      <Choices problem={problem}>
        <Button look="primary" disabled={busy} onClick={talk}>
          {t("room.messagePerson", { name })}
        </Button>
      </Choices>
    </Empty>
  );
};

const NotMine = ({ topic }: { topic: string }) => {
  const t = useText();
  const chat = useChat();
  const room = usePublicRoom(topic);
  const { busy, problem, run } = useRequest();
  const join = () =>
    run(async () => {
      await chat.join(topic);
    });
  if (room === "asking") return null;
  if (!room)
    return (
      <Empty icon={<DoorClosed size={56} strokeWidth={1.4} />} title={t("room.notIn", { room: topic })}>
        <p>{t("room.notInAbout")}</p>
        <Choices />
        <Unsent topic={topic} />
      </Empty>
    );
  return (
    <Empty icon={<DoorOpen size={56} strokeWidth={1.4} />} title={room.title}>
      {room.purpose && (
        <p>
          <bdi>{room.purpose}</bdi>
        </p>
      )}
      <p>{t("room.notInYet", { count: room.members })}</p>
      <Choices problem={problem}>
        <Button look="primary" disabled={busy} onClick={join}>
          {t("room.join")}
        </Button>
      </Choices>
      <Unsent topic={topic} />
    </Empty>
  );
};

const Choices = ({ problem, children }: { problem?: string | undefined; children?: ReactNode }) => {
  const t = useText();
  return (
    <>
      {problem && <p role="alert">{problem}</p>}
      <div className={styles.choices}>
        <Button onClick={goToList}>{t("room.toMine")}</Button>
        {children}
      </div>
    </>
  );
};

/** The room if it may be joined; undefined if there is none that I may know of. */
const usePublicRoom = (topic: string): Room | "asking" | undefined => {
  const [room, setRoom] = useState<Room | "asking" | undefined>("asking");
  useEffect(() => {
    let wanted = true;
    api.room(topic).then(
      (found) => wanted && setRoom(found),
      () => wanted && setRoom(undefined),
    );
    return () => {
      wanted = false;
    };
  }, [topic]);
  return room;
};
