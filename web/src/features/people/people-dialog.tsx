import { presenceInWords, useAdmin, useChat, useMe, usePeople } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { Avatar, Button, Dialog, Field, Form, useRequest } from "@chinwag/react/ui";
import list from "@chinwag/react/ui/list.module.css";
import { useMemo, useState } from "react";
import { openDialog } from "../app/open-dialog.ts";
import { goToRoom } from "../app/route.ts";
import { byName } from "./by-name.ts";
import { PeopleList } from "./people-list.tsx";
import { usePeopleNow } from "./use-people-now.ts";

/** Lists everybody with whom I share a room; choosing a person opens the direct conversation. */
const PeopleDialog = ({ onClose }: { onClose: () => void }) => {
  const t = useText();
  const chat = useChat();
  usePeopleNow();
  const me = useMe();
  const admin = useAdmin();
  const people = usePeople();
  const [wanted, setWanted] = useState("");
  const { busy, problem, run } = useRequest();

  const version = people.version();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the table is the same object; its version changes
  const shown = useMemo(
    () =>
      [...people.values()]
        .filter((person) => person.name !== me && person.name.includes(wanted.trim().toLowerCase()))
        .sort((a, b) => byName(a.name, b.name)),
    [version, me, wanted],
  );

  const talk = async (name: string) => {
    const begun = await run(async () => goToRoom((await chat.direct(name)).topic));
    if (begun) onClose();
  };

  return (
    <Dialog title={t("action.conversation")} about={t("people.about")} onClose={onClose}>
      <Form onSubmit={() => shown[0] && void talk(shown[0].name)} problem={problem}>
        <Field
          label={t("people.name")}
          autoFocus
          autoCapitalize="none"
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
        />
      </Form>
      <PeopleList people={shown} label={t("sidebar.people")}>
        {(person) => (
          <button type="button" className={list.item} disabled={busy} onClick={() => talk(person.name)}>
            <Avatar name={person.name} size={40} presence={person.state} />
            <span className={list.text}>
              <strong>
                <bdi>{person.name}</bdi>
              </strong>
              <small>{presenceInWords(person)}</small>
            </span>
          </button>
        )}
      </PeopleList>
      {shown.length === 0 && (
        <div className={list.empty} role="status">
          <p>{wanted.trim() === "" ? t("people.none") : t("people.noneCalled", { name: wanted.trim() })}</p>
          {admin && (
            <Button
              look="primary"
              onClick={() => openDialog({ dialog: "account", name: wanted.trim().toLowerCase() })}
            >
              {t("action.addPerson")}
            </Button>
          )}
        </div>
      )}
    </Dialog>
  );
};

export default PeopleDialog;
