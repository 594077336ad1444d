import type { State } from "../state/model.ts";
import { derived, type View } from "./view.ts";

/** What is unread in all my rooms. */
export interface Unread {
  /** Messages that are meant for me: those in direct conversations. */
  readonly forMe: number;
  /** Whether there is anything else. */
  readonly other: boolean;
}

/** The unread messages of all rooms, for the window's title and icon. */
export const unreadView = ({ rooms }: State): View<Unread> =>
  derived(
    (listener) => rooms.subscribeAll(listener),
    () => {
      let forMe = 0;
      let other = false;
      for (const { room } of rooms.values()) {
        if (room.direct) forMe += room.unread;
        else other ||= room.unread > 0;
      }
      return { forMe, other };
    },
    (one, now) => one.forMe === now.forMe && one.other === now.other,
  );
