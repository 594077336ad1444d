import type { Room } from "@chinwag/protocol";
import { useEffect, useRef, useState } from "react";

/**
 * The position of the "new messages" line: after what was read when the room was opened, or when something new arrived
 * while nobody was looking. It stays while one reads on, and disappears with the next message one sends.
 */
export const useNewLine = (room: Room, looking: boolean) => {
  const [after, setAfter] = useState(room.unread > 0 ? room.read_seq : undefined);
  const before = useRef(room.unread);

  useEffect(() => {
    if (before.current === 0 && room.unread > 0 && !looking) setAfter(room.read_seq);
    before.current = room.unread;
  }, [room.unread, room.read_seq, looking]);

  return { newAfter: after, clearLine: () => setAfter(undefined) };
};
