import { entriesIn, liveSegment, type RoomState } from "@chinwag/client";
import { plain } from "@chinwag/client/text";
import type { Message } from "@chinwag/protocol";
import { useEffect, useRef, useState } from "react";
import { useMe } from "../chat-context.tsx";
import { currentText, listed, useText } from "../language/index.ts";

/** Lines that stay in the log at most. */
const KEPT = 20;
/** With more new messages at once, only their number is said: nobody can listen to all of them. */
const SAID_AT_ONCE = 3;
/** Characters of a message that are said. */
const LONGEST = 200;

interface Line {
  readonly key: string;
  readonly text: string;
}

/** Says new messages of others to screen readers, each once. */
export const Announcer = ({ held }: { held: RoomState }) => {
  const t = useText();
  const lines = useNewLines(held);
  return (
    <div className="visually-hidden" role="log" aria-label={t("log.fresh")}>
      {lines.map(({ key, text }) => (
        <p key={key}>{text}</p>
      ))}
    </div>
  );
};

const useNewLines = (held: RoomState): readonly Line[] => {
  const me = useMe();
  const [lines, setLines] = useState<readonly Line[]>([]);
  /** The last seq that was said or was here before. */
  const said = useRef(held.head);

  useEffect(() => {
    if (!liveSegment(held) || held.applied <= said.current) return;
    const added = linesAfter(held, said.current, me);
    said.current = held.applied;
    if (added.length > 0) setLines((before) => [...before, ...added].slice(-KEPT));
  }, [held, me]);

  return lines;
};

/** What is said of the messages of others after a seq. */
export const linesAfter = (held: RoomState, seq: number, me: string): readonly Line[] => {
  const fresh = entriesIn(held.log, { from: seq + 1, to: held.applied }).filter(
    (entry): entry is Message => entry.type === "message" && entry.sender !== me && !entry.deleted,
  );
  return fresh.length > SAID_AT_ONCE ? [manyOf(fresh)] : fresh.map(lineOf);
};

const lineOf = ({ seq, sender, text, attachments }: Message): Line => {
  const files = listed(attachments?.map((file) => file.name) ?? []);
  const words = plain(text) || files;
  const short = words.length > LONGEST ? `${words.slice(0, LONGEST)}…` : words;
  return { key: `${seq}`, text: currentText()("log.line", { name: sender, text: short }) };
};

const manyOf = (messages: readonly Message[]): Line => ({
  key: `${messages[0]?.seq}-${messages.length}`,
  text: currentText()("log.freshCount", { count: messages.length }),
});
