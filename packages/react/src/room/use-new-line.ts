import type { Room } from "@chinwag/protocol";
import { useEffect, useRef, useState } from "react";

/**
 * The position of the "new messages" line: after what was read when the room was opened, or when something new arrived
 * while nobody was looking. It stays while one reads on, and disappears with the next message one sends. `fetched`: what
 * an earlier visit left may be outdated until then.
 */
export const useNewLine = (room: Room, looking: boolean, fetched: boolean) => {
  const { unread, read_seq } = room;
  const [after, setAfter] = useState(unread > 0 ? read_seq : undefined);
  const before = useRef({ unread, fetched });

  useEffect(() => {
    const isFirst = fetched && !before.current.fetched;
    if (isFirst) setAfter(unread > 0 ? read_seq : undefined);
    else if (before.current.unread === 0 && unread > 0 && !looking) setAfter(read_seq);
    before.current = { unread, fetched };
  }, [unread, read_seq, looking, fetched]);

  return { newAfter: after, clearLine: () => setAfter(undefined) };
};
