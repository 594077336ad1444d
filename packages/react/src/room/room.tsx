import { roomView } from "@chinwag/client";
import { FileUp } from "lucide-react";
import { lazy, type ReactNode, Suspense, useCallback, useMemo, useRef } from "react";
import { useChat, useView } from "../chat-context.tsx";
import { Composer, type ComposerHandle } from "../composer/composer.tsx";
import { useText } from "../language/index.ts";
import { dayOf } from "../ui/time.ts";
import { ConnectionBanner } from "./connection-banner.tsx";
import { PersonActionsProvider } from "./person-actions.ts";
import styles from "./room.module.css";
import { Timeline, type TimelineHandle } from "./timeline.tsx";
import { TypingLine } from "./typing-line.tsx";
import { useFileDrop } from "./use-file-drop.ts";

const FailedBar = lazy(() => import("./failed-bar.tsx").then(({ FailedBar }) => ({ default: FailedBar })));

interface Props {
  readonly topic: string;
  /** Shown above the messages. */
  readonly head?: ReactNode;
  /** Opens the list of members; without it, an empty room does not offer to add people. */
  readonly onAddPeople?: (() => void) | undefined;
  /** Opens the direct conversation with somebody; without it, the cards of people do not offer one. */
  readonly onTalk?: ((name: string) => void) | undefined;
}

/** A room: messages and composer. */
export const RoomView = ({ topic, head, onAddPeople, onTalk }: Props) => {
  const t = useText();
  const chat = useChat();
  const view = useMemo(() => roomView(chat, topic, dayOf), [chat, topic]);
  const now = useView(view);
  const composer = useRef<ComposerHandle>(null);
  const timeline = useRef<TimelineHandle>(null);
  const goToEnd = useCallback(() => timeline.current?.toEnd(), []);
  const goToLast = useCallback(() => timeline.current?.focusLast(), []);
  const dragging = useFileDrop((files) => composer.current?.attach(files));
  const actions = useMemo(
    () => ({ mention: (name: string) => composer.current?.mention(name), talk: onTalk }),
    [onTalk],
  );
  if (!now) return null;
  const { title } = now.held.room;

  return (
    <section className={styles.talk} aria-label={title}>
      {head}
      <ConnectionBanner />
      <PersonActionsProvider value={actions}>
        <Timeline
          ref={timeline}
          view={view}
          now={now}
          onAnswer={(quote) => composer.current?.answer(quote)}
          onAddPeople={onAddPeople}
          onLeave={() => composer.current?.focus()}
        />
      </PersonActionsProvider>
      {now.failed.length > 0 && (
        <Suspense>
          <FailedBar entries={now.failed} />
        </Suspense>
      )}
      <TypingLine topic={topic} />
      <Composer ref={composer} topic={topic} title={title} onSaid={goToEnd} onUp={goToLast} />
      {dragging && (
        <div className={styles.drop}>
          <FileUp size={44} strokeWidth={1.5} />
          {t("composer.drop")}
        </div>
      )}
    </section>
  );
};
