import type { Room } from "@chinwag/protocol";
import { Unsent, useChat, useMe, usePerson } from "@chinwag/react";
import { Avatar, Button, Logo, useRequest } from "@chinwag/react/ui";
import { DoorClosed, DoorOpen, UserX } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { api } from "../../api.ts";
import { goToList, goToRoom } from "../app/route.ts";
import { otherOf } from "./other-of.ts";
import styles from "./room.module.css";

/** Shown next to the list when no room is open, or when I am not a member of the room in the address. */
export const NoRoom = ({ topic }: { topic: string | undefined }) => {
  const me = useMe();
  if (topic === undefined)
    return (
      <Empty icon={<Logo size={64} />} title="Fancy a chat?">
        <p>Choose a room or a person on the left, or make a room of your own.</p>
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
  const chat = useChat();
  const person = usePerson(name);
  const { busy, problem, run } = useRequest();
  const talk = () => run(async () => goToRoom((await chat.direct(name)).topic));
  if (!person)
    return (
      <Empty icon={<UserX size={56} strokeWidth={1.4} />} title={`There is nobody called ${name}`}>
        <p>Perhaps the name is written differently, or you share no room with them.</p>
        <Choices />
      </Empty>
    );
  return (
    <Empty icon={<Avatar name={name} size={64} presence={person.state} />} title={name}>
      <p>You have not talked with {name} yet.</p>
      <Choices problem={problem}>
        <Button look="primary" disabled={busy} onClick={talk}>
          Message {name}
        </Button>
      </Choices>
    </Empty>
  );
};

const NotMine = ({ topic }: { topic: string }) => {
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
      <Empty icon={<DoorClosed size={56} strokeWidth={1.4} />} title={`You’re not in ${topic}`}>
        <p>There is no such room, or it’s private and somebody inside has to let you in.</p>
        <Choices />
        <Unsent topic={topic} />
      </Empty>
    );
  return (
    <Empty icon={<DoorOpen size={56} strokeWidth={1.4} />} title={room.title}>
      {room.purpose && <p>{room.purpose}</p>}
      <p>{room.members === 1 ? "1 member" : `${room.members} members`}. You’re not in this room yet.</p>
      <Choices problem={problem}>
        <Button look="primary" disabled={busy} onClick={join}>
          Join
        </Button>
      </Choices>
      <Unsent topic={topic} />
    </Empty>
  );
};

const Choices = ({ problem, children }: { problem?: string | undefined; children?: ReactNode }) => (
  <>
    {problem && <p role="alert">{problem}</p>}
    <div className={styles.choices}>
      <Button onClick={goToList}>Back to my rooms</Button>
      {children}
    </div>
  </>
);

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
