import { segmentAt } from "@chinwag/client";
import { useEffect, useMemo, useRef } from "react";
import { useChat, useRoom } from "../chat-context.tsx";
import { useText } from "../language/index.ts";
import { useMediaUrl } from "./media-url.ts";
import { picturesAround, type RoomPicture, type Viewing } from "./room-pictures.ts";
import { ViewerPopup } from "./viewer-popup.tsx";

/** How many pages of older or newer messages are fetched in search of one more picture. */
const PAGES = 3;

interface Props {
  readonly now: Viewing;
  readonly onView: (picture: Viewing) => void;
  readonly onClose: () => void;
}

/** Shows a picture and leads to the others of its room. */
const RoomViewer = ({ now, onView, onClose }: Props) => {
  const t = useText();
  const { topic, seq, file } = now;
  const log = useRoom(topic)?.log;
  const pictures = useMemo(() => (log ? picturesAround(log, seq) : []), [log, seq]);
  // It is not among them if its message has been deleted since.
  const index = pictures.findIndex((each) => each.seq === seq && each.file.id === file.id);
  useMore(now, index === 0, index === pictures.length - 1);
  const url = useMediaUrl(file.id);
  const view = (picture: RoomPicture | undefined) => picture && (() => onView({ topic, ...picture }));
  const place = { index: index + 1, count: pictures.length };
  return (
    <ViewerPopup
      file={file}
      url={url}
      place={index >= 0 && pictures.length > 1 ? t("viewer.place", place) : undefined}
      onPrevious={index > 0 ? view(pictures[index - 1]) : undefined}
      onNext={index >= 0 ? view(pictures[index + 1]) : undefined}
      onClose={onClose}
    />
  );
};

export default RoomViewer;

/** Loads more of the room at the first and the last picture that are loaded, within limits. */
const useMore = ({ topic, seq, file }: Viewing, isFirst: boolean, isLast: boolean): void => {
  const chat = useChat();
  const held = useRoom(topic);
  const segment = held && segmentAt(held.log, seq);
  const isLive = segment?.to === held?.applied;
  const tries = useRef({ id: file.id, older: 0, newer: 0 });
  const { from, to } = segment ?? {};
  useEffect(() => {
    if (tries.current.id !== file.id) tries.current = { id: file.id, older: 0, newer: 0 };
    const tried = tries.current;
    if (isFirst && from !== undefined && from > 1 && tried.older < PAGES) {
      tried.older += 1;
      void chat.loadOlder(topic, from);
    }
    if (isLast && to !== undefined && !isLive && tried.newer < PAGES) {
      tried.newer += 1;
      void chat.loadNewer(topic, to);
    }
  }, [chat, topic, file.id, isFirst, isLast, from, to, isLive]);
};
