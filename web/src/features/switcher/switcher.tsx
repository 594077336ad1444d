import { type Choice, choicesFor, type SwitcherInput } from "@chinwag/client";
import type { Room } from "@chinwag/protocol";
import { errorWords, useAdmin, useChat, useMe, usePeople, useRooms } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { Avatar, briefCount, Dialog, directionOf, isComposing, notify } from "@chinwag/react/ui";
import { DoorOpen, Hash, LockKeyhole, Zap } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { api } from "../../api.ts";
import { type Asked, openDialog } from "../app/open-dialog.ts";
import { goToRoom } from "../app/route.ts";
import { takeTyped } from "../app/type-ahead.ts";
import styles from "./switcher.module.css";

/** Goes to a room or a person, or does something, by typing a part of its name. */
const Switcher = ({ onClose }: { onClose: () => void }) => {
  const t = useText();
  const actions = useActions();
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const choices = useChoices(typed, actions);
  const go = useGo();
  const id = useId();
  const chosen = Math.min(at, choices.length - 1);

  const choose = (choice: Choice | undefined) => {
    if (!choice) return;
    onClose();
    void go(choice);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && choices.length > 0) {
      event.preventDefault();
      setAt((chosen + step + choices.length) % choices.length);
    }
    if (event.key === "Enter") choose(choices[chosen]);
  };

  return (
    <Dialog title={t("switcher.title")} onClose={onClose}>
      <input
        className={styles.input}
        type="text"
        role="combobox"
        aria-label={t("switcher.field")}
        aria-expanded={choices.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={choices[chosen] ? `${id}-${chosen}` : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        placeholder={t("switcher.field")}
        dir={directionOf({ value: typed })}
        autoFocus
        onFocus={() => {
          const before = takeTyped();
          if (before !== "") setTyped(before);
        }}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label={t("switcher.results")}
        className={styles.list}
        tabIndex={-1}
      >
        {choices.map((choice, index) => (
          <Option
            key={choice.key}
            id={`${id}-${index}`}
            choice={choice}
            chosen={index === chosen}
            onPoint={() => setAt(index)}
            onChoose={() => choose(choice)}
          />
        ))}
      </div>
      {choices.length === 0 && (
        <p className={styles.nothing} role="status">
          {t("switcher.nothing")}
        </p>
      )}
    </Dialog>
  );
};

export default Switcher;

/** What can be done from anywhere. */
const useActions = (): SwitcherInput["actions"] => {
  const t = useText();
  const admin = useAdmin();
  return useMemo(() => {
    const opens = (
      label: string,
      dialog: Asked["dialog"] & ("people" | "create" | "browse" | "account" | "settings" | "keys"),
    ) => ({
      id: dialog,
      label,
      run: () => openDialog({ dialog }),
    });
    return [
      opens(t("action.conversation"), "people"),
      opens(t("action.createRoom"), "create"),
      opens(t("action.browse"), "browse"),
      ...(admin ? [opens(t("action.addPerson"), "account")] : []),
      opens(t("action.settings"), "settings"),
      opens(t("action.keys"), "keys"),
    ];
  }, [admin, t]);
};

const useChoices = (typed: string, actions: SwitcherInput["actions"]): Choice[] => {
  const rooms = useRooms();
  const people = usePeople();
  const me = useMe();
  const [joinable, setJoinable] = useState<readonly Room[]>([]);
  useEffect(() => {
    let wanted = true;
    // Without them, the rooms that I am in are still found.
    api.joinable().then(
      (answer) => wanted && setJoinable(answer.rooms),
      () => {},
    );
    return () => {
      wanted = false;
    };
  }, []);
  const version = `${rooms.version()} ${people.version()}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the tables are the same objects; their versions change
  return useMemo(
    () =>
      choicesFor(typed, {
        rooms: [...rooms.values()].map(({ room }) => room),
        people: people.values(),
        joinable: joinable.filter(({ topic }) => !rooms.has(topic)),
        actions,
        me,
      }),
    [typed, version, joinable, actions, me],
  );
};

const useGo = () => {
  const chat = useChat();
  return async (choice: Choice) => {
    try {
      if (choice.kind === "action") choice.run();
      else if (choice.kind === "room") goToRoom(choice.room.topic);
      else goToRoom((choice.room ?? (await chat.direct(choice.person.name))).topic);
    } catch (error) {
      notify(errorWords(error));
    }
  };
};

interface OptionProps {
  readonly id: string;
  readonly choice: Choice;
  readonly chosen: boolean;
  readonly onPoint: () => void;
  readonly onChoose: () => void;
}

const Option = ({ id, choice, chosen, onPoint, onChoose }: OptionProps) => {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (chosen) element.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled by the input, which keeps the focus
    <div
      ref={element}
      id={id}
      role="option"
      aria-selected={chosen}
      tabIndex={-1}
      className={styles.option}
      onPointerMove={onPoint}
      onClick={onChoose}
    >
      <Shown choice={choice} />
    </div>
  );
};

const Shown = ({ choice }: { choice: Choice }) => {
  const t = useText();
  if (choice.kind === "action")
    return (
      <>
        <Zap size={18} />
        <span className={styles.name}>{choice.label}</span>
      </>
    );
  if (choice.kind === "person")
    return (
      <>
        <Avatar name={choice.person.name} size={28} />
        <span className={styles.name}>
          <bdi className="cut">{choice.person.name}</bdi>
        </span>
        <Unread count={choice.room?.unread ?? 0} />
      </>
    );
  const { room, joined } = choice;
  return (
    <>
      {joined ? room.private ? <LockKeyhole size={18} /> : <Hash size={18} /> : <DoorOpen size={18} />}
      <span className={styles.name}>
        <bdi className="cut">{room.title}</bdi>
      </span>
      <small>{joined ? room.topic !== room.title && <bdi>{room.topic}</bdi> : t("switcher.notJoined")}</small>
      {joined && <Unread count={room.unread} />}
    </>
  );
};

const Unread = ({ count }: { count: number }) => {
  const t = useText();
  return (
    count > 0 && (
      <span className={styles.unread}>{t("unread.count", { count, shown: briefCount(count) })}</span>
    )
  );
};
