import { useEffect, useRef, useState } from "react";
import type { Room } from "../../protocol/types.gen";

/**
 * Where the "new messages" line stands: after what was read when the room was opened, or when something new
 * came while nobody looked. It stays while one reads on, and goes with the next thing one says.
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
