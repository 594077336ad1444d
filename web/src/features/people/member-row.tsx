import type { Member } from "@chinwag/protocol";
import { errorWords, useChat, useMe, usePerson } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { Avatar, IconButton, Menu, MenuItem, notify, useContextMenu } from "@chinwag/react/ui";
import { Ellipsis, MessageCircle, UserMinus } from "lucide-react";
import { goToRoom } from "../app/route.ts";
import styles from "./members-panel.module.css";
import { presenceInWords } from "./presence.ts";

interface Props {
  readonly member: Member;
  /** Absent if I may not. */
  readonly onRemove: (() => void) | undefined;
}

/** A member, with the actions in a menu. */
export const MemberRow = ({ member: { name, owner }, onRemove }: Props) => {
  const t = useText();
  const chat = useChat();
  const mine = useMe() === name;
  const person = usePerson(name);
  const presence = presenceInWords(person ?? { state: "offline" });

  const talk = async () => {
    try {
      goToRoom((await chat.direct(name)).topic);
    } catch (error) {
      notify(errorWords(error));
    }
  };
  const items = (
    <>
      <MenuItem icon={<MessageCircle size={17} />} onSelect={talk}>
        {t("room.messagePerson", { name })}
      </MenuItem>
      {onRemove && (
        <MenuItem icon={<UserMinus size={17} />} danger onSelect={onRemove}>
          {t("people.remove")}
        </MenuItem>
      )}
    </>
  );
  const { handlers, menu } = useContextMenu(items);

  const trigger = (
    <IconButton label={t("people.actions", { name })}>
      <Ellipsis size={18} />
    </IconButton>
  );
  return (
    <div className={styles.member} {...(mine ? {} : handlers)}>
      <Avatar name={name} size={36} presence={person?.state ?? "offline"} />
      <div>
        <strong>
          <bdi>{name}</bdi>
          {mine && <span className={styles.note}> {t("people.you")}</span>}
        </strong>
        <small>
          {owner && <span className={styles.owner}>{t("people.owner")}</span>}
          {presence}
        </small>
      </div>
      {!mine && <Menu trigger={trigger}>{items}</Menu>}
      {!mine && menu}
    </div>
  );
};
