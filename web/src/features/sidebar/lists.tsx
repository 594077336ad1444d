import { type ListItem, roomList } from "@chinwag/client";
import { useChat, useSession, useView } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { briefCount, IconButton } from "@chinwag/react/ui";
import { ArrowDown, ArrowUp, Compass, Users } from "lucide-react";
import { type ReactNode, useMemo, useRef } from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { openDialog } from "../app/open-dialog.ts";
import { DirectRow, PersonRow, RoomRow } from "./rows.tsx";
import styles from "./sidebar.module.css";
import { useCalm } from "./use-calm.ts";
import { useHeight, useShowOpen, useUnreadOutside } from "./use-list-scroll.ts";

/** With more rooms than this, each has one line. */
const COMPACT_FROM = 20;
/** Heights of a row in pixels, as in the style sheet: what is drawn before it is measured stands where it stays. */
const HEIGHT = 54;
const COMPACT_HEIGHT = 34;

interface Props {
  readonly open: string | undefined;
}

const onBrowse = (): void => openDialog({ dialog: "browse" });

const onPeople = (): void => openDialog({ dialog: "people" });

/** Direct conversations, rooms and people; nothing before they are known, so that no heading moves when they are. */
export const Lists = ({ open }: Props) => {
  const known = useSession((session) => session.ready || session.restored);
  return known ? <KnownLists open={open} /> : <div className={styles.frame} />;
};

/** Only the rooms in the window are drawn. */
const KnownLists = ({ open }: Props) => {
  const t = useText();
  const { state } = useChat().store;
  const view = useMemo(() => roomList(state), [state]);
  const { list, handlers } = useCalm(useView(view));
  const { conversations, moreConversations, rooms, people } = list;
  const box = useRef<HTMLDivElement>(null);
  const handle = useRef<VirtualizerHandle>(null);
  const begin = useRef<HTMLDivElement>(null);
  const offset = useHeight(begin);
  const compact = rooms.length > COMPACT_FROM;
  const unread = useUnreadOutside({ rooms, unread: list.unread, open, handle });
  useShowOpen(open, rooms, handle, box);

  const draw = (item: ListItem): ReactNode => {
    if (item.kind === "person") return <PersonRow name={item.name} />;
    if (item.kind === "room")
      return <RoomRow topic={item.topic} open={open === item.topic} compact={compact} />;
    return <DirectRow topic={item.topic} name={item.name} open={open === item.topic} />;
  };

  return (
    <div className={styles.frame}>
      <div ref={box} className={styles.lists} {...handlers} onScroll={unread.look}>
        <div ref={begin}>
          <Heading
            title={t("sidebar.direct")}
            label={t("sidebar.allPeople")}
            onClick={onPeople}
            icon={<Users size={17} />}
          />
          <ul aria-label={t("sidebar.direct")}>
            {conversations.map((item) => (
              <li key={item.key}>{draw(item)}</li>
            ))}
          </ul>
          {moreConversations > 0 && (
            <button type="button" className={styles.more} onClick={onPeople}>
              {t("sidebar.more", { count: moreConversations })}
            </button>
          )}
          {conversations.length === 0 && <p className={styles.nothing}>{t("sidebar.noTalks")}</p>}
          <Heading
            title={t("sidebar.rooms")}
            label={t("action.browse")}
            onClick={onBrowse}
            icon={<Compass size={17} />}
          />
        </div>
        <section aria-label={t("sidebar.rooms")}>
          <Virtualizer
            ref={handle}
            data={rooms}
            scrollRef={box}
            startMargin={offset}
            as="ul"
            item="li"
            itemSize={compact ? COMPACT_HEIGHT : HEIGHT}
            bufferSize={300}
          >
            {(item) => <div key={item.key}>{draw(item)}</div>}
          </Virtualizer>
        </section>
        {rooms.length === 0 && <p className={styles.nothing}>{t("sidebar.noRooms")}</p>}
        {people.length > 0 && (
          <>
            <Heading
              title={t("sidebar.people")}
              label={t("sidebar.talk")}
              onClick={onPeople}
              icon={<Users size={17} />}
            />
            <ul aria-label={t("sidebar.people")}>
              {people.map((item) => (
                <li key={item.key}>{draw(item)}</li>
              ))}
            </ul>
          </>
        )}
      </div>
      <Pill side="above" count={unread.above} onClick={unread.goAbove} />
      <Pill side="below" count={unread.below} onClick={unread.goBelow} />
    </div>
  );
};

interface HeadingProps {
  readonly title: string;
  readonly label: string;
  readonly icon: ReactNode;
  readonly onClick: () => void;
}

const Heading = ({ title, label, icon, onClick }: HeadingProps) => (
  <div className={styles.section}>
    <h2>{title}</h2>
    <IconButton label={label} onClick={onClick}>
      {icon}
    </IconButton>
  </div>
);

/** Says how many rooms with something new are outside the window, and leads there. */
const Pill = ({ side, count, onClick }: { side: "above" | "below"; count: number; onClick: () => void }) => {
  const t = useText();
  return (
    count > 0 && (
      <button type="button" className={styles.pill} data-side={side} onClick={onClick}>
        {side === "above" ? <ArrowUp size={15} /> : <ArrowDown size={15} />}
        {t("unread.count", { count, shown: briefCount(count) })}
      </button>
    )
  );
};
