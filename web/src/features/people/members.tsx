import type { RoomState } from "@chinwag/client";
import type { Member } from "@chinwag/protocol";
import { useAdmin, useChat } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { Button, Confirm, Field, Spinner, useRequest } from "@chinwag/react/ui";
import { useEffect, useMemo, useState } from "react";
import { AddMember } from "./add-member.tsx";
import { byName } from "./by-name.ts";
import { MemberRow } from "./member-row.tsx";
import styles from "./members-panel.module.css";
import { PeopleList } from "./people-list.tsx";
import { usePeopleNow } from "./use-people-now.ts";

/** Number of members above which a search field is shown. */
const SEARCHED = 8;

/** The members of a room, with controls to add and remove people for those who are permitted to. */
export const Members = ({ held }: { held: RoomState }) => {
  const t = useText();
  const chat = useChat();
  usePeopleNow();
  const { room, members } = held;
  const [wanted, setWanted] = useState("");
  const [removing, setRemoving] = useState<Member>();
  const { busy, problem, run } = useRequest();
  const { me } = chat.store.state;
  const admin = useAdmin();
  const byNames = useMemo(() => new Map(members?.map((member) => [member.name, member])), [members]);
  const names = useMemo(() => listed(members ?? [], wanted.trim().toLowerCase()), [members, wanted]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the panel opens; events keep it up to date
  useEffect(() => {
    void run(() => chat.loadMembers(room.topic));
  }, []);

  return (
    <>
      <AddMember held={held} />
      {problem && (
        <div className={styles.problem} role="alert">
          {problem}
          <Button small onClick={() => run(() => chat.loadMembers(room.topic))}>
            {t("tryAgain")}
          </Button>
        </div>
      )}
      {members && members.length > SEARCHED && (
        <Field
          label={t("members.find", { count: members.length })}
          placeholder={t("people.name")}
          type="search"
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
        />
      )}
      {!members && busy && <Spinner label={t("members.loading")} />}
      <PeopleList names={names} label={t("members.list")}>
        {(name) => {
          const member = byNames.get(name);
          return (
            member && (
              <MemberRow
                member={member}
                onRemove={(room.owner || admin) && name !== me.name ? () => setRemoving(member) : undefined}
              />
            )
          );
        }}
      </PeopleList>
      {members && names.length === 0 && (
        <p className={styles.nobody} role="status">
          {t("members.none", { name: wanted.trim() })}
        </p>
      )}
      {removing && (
        <Confirm
          title={t("members.removeAsk", { name: removing.name })}
          about={t(room.private ? "members.removePrivate" : "members.removePublic")}
          action={t("members.remove")}
          onConfirm={() => chat.removeMember(room.topic, removing)}
          onClose={() => setRemoving(undefined)}
        />
      )}
    </>
  );
};

/** Owners first, then by name. */
const listed = (members: readonly Member[], wanted: string): string[] =>
  members
    .filter(({ name }) => name.includes(wanted))
    .toSorted((a, b) => Number(b.owner) - Number(a.owner) || byName(a.name, b.name))
    .map(({ name }) => name);
