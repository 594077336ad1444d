import { members, type RoomState } from "@chinwag/client";
import { failureWords, PersonActionsProvider, useChat, useView } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { Button, Confirm, Field, Spinner } from "@chinwag/react/ui";
import { useMemo, useState } from "react";
import { AddMember } from "./add-member.tsx";
import { byName } from "./by-name.ts";
import { MemberRow } from "./member-row.tsx";
import styles from "./members-panel.module.css";
import { PeopleList } from "./people-list.tsx";
import { usePeopleNow } from "./use-people-now.ts";
import { useTalk } from "./use-talk.ts";

/** Number of members above which a search field is shown. */
const SEARCHED = 8;

/** The members of a room, with controls to add and remove people for those who are permitted to. */
export const Members = ({ held: { room } }: { held: RoomState }) => {
  const t = useText();
  const chat = useChat();
  usePeopleNow();
  const view = useMemo(() => members(chat, room.topic, byName), [chat, room.topic]);
  const now = useView(view);
  const { count, shown, wanted, problem } = now;
  const [removing, setRemoving] = useState<string>();
  const talk = useTalk();
  const actions = useMemo(() => ({ talk }), [talk]);

  return (
    <>
      <AddMember view={view} now={now} />
      {problem && (
        <div className={styles.problem} role="alert">
          {failureWords(problem)}
          <Button small onClick={view.load}>
            {t("tryAgain")}
          </Button>
        </div>
      )}
      {count !== undefined && count > SEARCHED && (
        <Field
          label={t("members.find", { count })}
          placeholder={t("people.name")}
          type="search"
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          value={wanted}
          onChange={(event) => view.find(event.target.value)}
        />
      )}
      {count === undefined && now.isLoading && <Spinner label={t("members.loading")} />}
      <PersonActionsProvider value={actions}>
        <PeopleList people={shown} label={t("members.list")}>
          {(member) => (
            <MemberRow
              member={member}
              onRemove={now.mayRemove ? () => setRemoving(member.name) : undefined}
            />
          )}
        </PeopleList>
      </PersonActionsProvider>
      {count !== undefined && shown.length === 0 && (
        <p className={styles.nobody} role="status">
          {t("members.none", { name: wanted.trim() })}
        </p>
      )}
      {removing !== undefined && (
        <Confirm
          title={t("members.removeAsk", { name: removing })}
          about={t(room.private ? "members.removePrivate" : "members.removePublic")}
          action={t("members.remove")}
          onConfirm={() => view.remove(removing)}
          onClose={() => setRemoving(undefined)}
        />
      )}
    </>
  );
};
