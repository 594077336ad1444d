import type { ListItem, RoomList } from "@chinwag/client";
import { useRef, useState } from "react";

/**
 * Keeps the order of the list while the pointer is over it or the focus in it, so that nothing moves away under a click.
 * What is new then comes first, what is gone goes.
 */
export const useCalm = (now: RoomList) => {
  const [held, setHeld] = useState<RoomList>();
  const pointer = useRef(false);
  const focus = useRef(false);

  const settle = () => setHeld(pointer.current || focus.current ? (held ?? now) : undefined);
  const list = held ? inOrderOf(held, now) : now;

  const handlers = {
    onPointerEnter: ({ pointerType }: { pointerType: string }) => {
      // A finger does not hover.
      pointer.current = pointerType === "mouse";
      settle();
    },
    onPointerLeave: () => {
      pointer.current = false;
      settle();
    },
    onFocus: () => {
      focus.current = true;
      settle();
    },
    onBlur: () => {
      focus.current = false;
      settle();
    },
  };
  return { list, handlers };
};

const inOrderOf = (before: RoomList, now: RoomList): RoomList => ({
  conversations: ordered(before.conversations, now.conversations),
  moreConversations: now.moreConversations,
  rooms: ordered(before.rooms, now.rooms),
  unread: now.unread,
  people: ordered(before.people, now.people),
});

const ordered = (before: readonly ListItem[], now: readonly ListItem[]): ListItem[] => {
  const left = new Map(now.map((item) => [item.key, item]));
  const kept = before.flatMap(({ key }) => {
    const item = left.get(key);
    left.delete(key);
    return item ? [item] : [];
  });
  return [...left.values(), ...kept];
};
