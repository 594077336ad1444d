import { AtSign, MessageCircle } from "lucide-react";
import { useMe, usePerson } from "../chat-context.tsx";
import { useText } from "../language/index.ts";
import { presenceInWords } from "../presence.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Button } from "../ui/button.tsx";
import styles from "./person.module.css";
import { usePersonActions } from "./person-actions.ts";

interface Props {
  readonly name: string;
  readonly onClose: () => void;
}

/** Who somebody is and whether they are there, with ways to reach them. */
const PersonCard = ({ name, onClose }: Props) => {
  const t = useText();
  const isMe = useMe() === name;
  const person = usePerson(name) ?? { state: "offline" };
  const { mention, talk } = usePersonActions();
  const then = (act: (name: string) => void) => () => {
    onClose();
    act(name);
  };
  return (
    <>
      <div className={styles.person}>
        <Avatar name={name} size={56} presence={person.state} />
        <div>
          <strong>
            <bdi>{name}</bdi>
            {isMe && <small> {t("people.you")}</small>}
          </strong>
          <small>{presenceInWords(person)}</small>
        </div>
      </div>
      {!isMe && (talk || mention) && (
        <div className={styles.actions}>
          {talk && (
            <Button small onClick={then(talk)}>
              <MessageCircle size={17} aria-hidden="true" />
              {t("room.messagePerson", { name })}
            </Button>
          )}
          {mention && (
            <Button small onClick={then(mention)}>
              <AtSign size={17} aria-hidden="true" />
              {t("room.mentionPerson", { name })}
            </Button>
          )}
        </div>
      )}
    </>
  );
};

export default PersonCard;
