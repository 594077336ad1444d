import { type Members, type MembersSnapshot, Refused } from "@chinwag/client";
import { useAdmin } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { Avatar, Button, Form, useRequest } from "@chinwag/react/ui";
import { Combobox } from "@chinwag/react/ui/combobox";
import { useState } from "react";
import { openDialog } from "../app/open-dialog.ts";
import styles from "./members-panel.module.css";

interface Props {
  readonly view: Members;
  readonly now: MembersSnapshot;
}

/** Adds somebody to the room. Offers the people known; any name can be typed. */
export const AddMember = ({ view, now: { typed, offered } }: Props) => {
  const t = useText();
  const admin = useAdmin();
  /** A name that has no account. */
  const [unknown, setUnknown] = useState<string>();
  const { busy, problem, run } = useRequest();
  const name = typed.trim().toLowerCase();

  const add = () => {
    setUnknown(undefined);
    return run(async () => {
      try {
        await view.add();
      } catch (error) {
        if (error instanceof Refused && error.code === "not_found") setUnknown(name);
        throw error;
      }
    });
  };
  const makeAccount = (name: string) => {
    openDialog({
      dialog: "account",
      name,
      onAdded: async (made) => {
        if (await run(() => view.add(made))) setUnknown(undefined);
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
          value={typed}
          onChange={view.type}
          offered={offered}
          item={(offer) => (
            <>
              <Avatar name={offer} size={26} /> <bdi>{offer}</bdi>
            </>
          )}
        />
        <Button type="submit" disabled={busy || name === ""}>
          {t("members.addAction")}
        </Button>
      </div>
    </Form>
  );
};
