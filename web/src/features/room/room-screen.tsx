import { FileUp } from "lucide-react";
import { useRef, useState } from "react";
import type { Quote } from "../../protocol/types.gen";
import type { RoomState } from "../../state/model";
import { useRoom } from "../app/chat-context";
import { Composer, type ComposerHandle } from "../composer/composer";
import { MembersPanel } from "../people/members-panel";
import { ConnectionBanner } from "./connection-banner";
import styles from "./room.module.css";
import { RoomHead } from "./room-head";
import { Timeline, type TimelineHandle } from "./timeline";
import { TypingLine } from "./typing-line";
import { useFileDrop } from "./use-file-drop";

/** Whether the quoted message was deleted meanwhile; then it is no longer answered. */
const isDeleted = ({ events }: RoomState, quote: Quote | undefined): boolean =>
  events.some((entry) => entry.type === "message" && entry.seq === quote?.seq && entry.deleted);

/** A room: header, timeline and composer. */
export const RoomScreen = ({ topic }: { topic: string }) => {
  const held = useRoom(topic);
  const [answering, setAnswering] = useState<Quote>();
  const [showMembers, setShowMembers] = useState(false);
  const composer = useRef<ComposerHandle>(null);
  const timeline = useRef<TimelineHandle>(null);
  const { dragging, handlers } = useFileDrop((files) => composer.current?.attach(files));
  if (!held) return null;

  const answer = (quote: Quote) => {
    setAnswering(quote);
    composer.current?.focus();
  };

  return (
    <div className={styles.screen}>
      <section className={styles.talk} aria-label={held.room.title} {...handlers}>
        <RoomHead room={held.room} showMembers={showMembers} onMembers={() => setShowMembers(!showMembers)} />
        <ConnectionBanner />
        <Timeline ref={timeline} held={held} onAnswer={answer} onAddPeople={() => setShowMembers(true)} />
        <TypingLine topic={topic} />
        <Composer
          ref={composer}
          room={held.room}
          answering={isDeleted(held, answering) ? undefined : answering}
          onCancelAnswer={() => setAnswering(undefined)}
          onSaid={() => {
            setAnswering(undefined);
            timeline.current?.toEnd();
          }}
        />
        {dragging && (
          <div className={styles.drop}>
            <FileUp size={44} strokeWidth={1.5} />
            Drop to attach
          </div>
        )}
      </section>
      {showMembers && <MembersPanel held={held} onClose={() => setShowMembers(false)} />}
    </div>
  );
};
