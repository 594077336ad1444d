import { Refused, type RoomState } from "@chinwag/client";
import { useAdmin, useChat, usePeople } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { Avatar, Button, Form, useRequest } from "@chinwag/react/ui";
import { Combobox } from "@chinwag/react/ui/combobox";
import { useMemo, useState } from "react";
import { openDialog } from "../app/open-dialog.ts";
import { byName } from "./by-name.ts";
import styles from "./members-panel.module.css";

/** Number of people offered while a name is typed. */
const OFFERED = 8;

/** Adds somebody to the room. Offers the people known; any name can be typed. */
export const AddMember = ({ held: { room, members } }: { held: RoomState }) => {
  const t = useText();
  const chat = useChat();
  const admin = useAdmin();
  const people = usePeople();
  const [name, setName] = useState("");
  /** A name that has no account. */
  const [unknown, setUnknown] = useState<string>();
  const { busy, problem, run } = useRequest();
  const wanted = name.trim().toLowerCase();

  const version = people.version();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the table is the same object; its version changes
  const others = useMemo(() => {
    const inside = new Set(members?.map((member) => member.name));
    return [...people.keys()].filter((person) => !inside.has(person)).sort(byName);
  }, [version, members]);
  const offered = useMemo(
    () =>
      wanted === ""
        ? []
        : others.filter((person) => person !== wanted && person.includes(wanted)).slice(0, OFFERED),
    [others, wanted],
  );

  const add = async () => {
    setUnknown(undefined);
    const added = await run(async () => {
      try {
        await chat.addMember(room.topic, wanted);
      } catch (error) {
        if (error instanceof Refused && error.code === "not_found") setUnknown(wanted);
        throw error;
      }
    });
    if (added) setName("");
  };
  const makeAccount = (name: string) => {
    openDialog({
      dialog: "account",
      name,
      onAdded: async (made) => {
        if (!(await run(() => chat.addMember(room.topic, made)))) return;
        setUnknown(undefined);
        setName("");
      },
    });
  };

  return (
    <Form
      onSubmit={add}
      problem={
        problem && (
          <>
            {problem}
            {admin && unknown !== undefined && (
              <Button small onClick={() => makeAccount(unknown)}>
                {t("members.makeAccount", { name: unknown })}
              </Button>
            )}
          </>
        )
      }
    >
      <div className={styles.adding}>
        <Combobox
          label={t("members.add")}
          placeholder={t("people.name")}
          value={name}
          onChange={setName}
          offered={offered}
          item={(offer) => (
            <>
              <Avatar name={offer} size={26} /> <bdi>{offer}</bdi>
            </>
          )}
        />
        <Button type="submit" disabled={busy || wanted === ""}>
          {t("members.addAction")}
        </Button>
      </div>
    </Form>
  );
};
