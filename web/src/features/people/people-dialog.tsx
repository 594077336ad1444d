import { useChat, useMe, usePeople } from "@chinwag/react";
import { Avatar, Dialog, Field, Form, useRequest } from "@chinwag/react/ui";
import list from "@chinwag/react/ui/list.module.css";
import { useState } from "react";
import { goToRoom } from "../app/route.ts";
import { presenceInWords } from "./presence.ts";
import { usePeopleNow } from "./use-people-now.ts";

/** Lists everybody with whom I share a room; choosing a person opens the direct conversation. */
export const PeopleDialog = ({ onClose }: { onClose: () => void }) => {
  const chat = useChat();
  usePeopleNow();
  const me = useMe();
  const people = usePeople();
  const [wanted, setWanted] = useState("");
  const { busy, problem, run } = useRequest();

  const shown = [...people.values()]
    .filter((person) => person.name !== me && person.name.includes(wanted.trim().toLowerCase()))
    .sort((a, b) => a.name.localeCompare(b.name));

  const talk = async (name: string) => {
    const begun = await run(async () => goToRoom((await chat.direct(name)).topic));
    if (begun) onClose();
  };

  return (
    <Dialog title="Talk to somebody" about="Only the two of you will see it." onClose={onClose}>
      <Form onSubmit={() => shown[0] && void talk(shown[0].name)} problem={problem}>
        <Field
          label="Name"
          autoFocus
          autoCapitalize="none"
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
        />
      </Form>
      <ul className={list.list}>
        {shown.map((person) => (
          <li key={person.name}>
            <button type="button" className={list.item} disabled={busy} onClick={() => talk(person.name)}>
              <Avatar name={person.name} size={40} presence={person.state} />
              <div className={list.text}>
                <strong>{person.name}</strong>
                <small>{presenceInWords(person)}</small>
              </div>
            </button>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p className={list.empty}>Nobody by that name shares a room with you.</p>}
    </Dialog>
  );
};
