import type { RoomState } from "@chinwag/client";
import type { Member } from "@chinwag/protocol";
import { useChat, usePeople, usePerson } from "@chinwag/react";
import { Avatar, Button, Field, Form, IconButton, Spinner, useRequest } from "@chinwag/react/ui";
import { UserMinus, X } from "lucide-react";
import { useEffect, useId, useState } from "react";
import styles from "./members-panel.module.css";
import { presenceInWords } from "./presence.ts";
import { usePeopleNow } from "./use-people-now.ts";

/** The members of a room, with controls to add and remove people for those who are permitted to. */
export const MembersPanel = ({ held, onClose }: { held: RoomState; onClose: () => void }) => {
  const chat = useChat();
  usePeopleNow();
  const { room, members } = held;
  const me = chat.store.state.me;
  const { busy, problem, run } = useRequest();
  const mayRemove = room.owner || me.admin;

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the panel opens; events keep it up to date
  useEffect(() => {
    void run(() => chat.loadMembers(room.topic));
  }, []);

  return (
    <aside
      className={styles.panel}
      aria-label="Members"
      onKeyDown={({ key }) => key === "Escape" && onClose()}
    >
      <header className={styles.head}>
        <h2>Members</h2>
        <IconButton label="Close members" onClick={onClose}>
          <X size={20} />
        </IconButton>
      </header>
      <AddMember held={held} />
      {problem && (
        <p className={styles.add} role="alert">
          {problem}
        </p>
      )}
      {!members && busy && <Spinner label="Loading members" />}
      <ul className={styles.list}>
        {members?.map((member) => (
          <MemberRow key={member.name} member={member}>
            {mayRemove && member.name !== me.name && (
              <IconButton
                label={`Remove ${member.name}`}
                disabled={busy}
                onClick={() => run(() => chat.removeMember(room.topic, member))}
              >
                <UserMinus size={18} />
              </IconButton>
            )}
          </MemberRow>
        ))}
      </ul>
    </aside>
  );
};

const MemberRow = ({ member, children }: { member: Member; children: React.ReactNode }) => {
  const person = usePerson(member.name);
  const presence = presenceInWords(person ?? { state: "offline" });
  return (
    <li className={styles.member}>
      <Avatar name={member.name} size={36} presence={person?.state ?? "offline"} />
      <div>
        <strong>{member.name}</strong>
        <small>{member.owner ? `Owner · ${presence}` : presence}</small>
      </div>
      {children}
    </li>
  );
};

/** Suggests everybody known; any name can be typed. */
const AddMember = ({ held }: { held: RoomState }) => {
  const chat = useChat();
  const people = usePeople();
  const [name, setName] = useState("");
  const { busy, problem, run } = useRequest();
  const suggestions = useId();
  const inside = new Set(held.members?.map((member) => member.name));

  const add = async () => {
    if (await run(() => chat.addMember(held.room.topic, name.trim().toLowerCase()))) setName("");
  };

  return (
    <div className={styles.add}>
      <Form onSubmit={add} problem={problem}>
        <div className={styles.adding}>
          <Field
            label="Add somebody"
            placeholder="Name"
            list={suggestions}
            autoCapitalize="none"
            autoComplete="off"
            spellCheck={false}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <Button type="submit" disabled={busy || name.trim() === ""}>
            Add
          </Button>
        </div>
        <datalist id={suggestions}>
          {Object.keys(people)
            .filter((known) => !inside.has(known))
            .map((known) => (
              <option key={known} value={known} />
            ))}
        </datalist>
      </Form>
    </div>
  );
};
