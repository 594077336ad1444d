import type { Script } from "../../e2e/support/script";

interface Rooms {
  readonly rooms: readonly { readonly topic: string; readonly last_seq: number; readonly unread: number }[];
}

/** Moves the read cursors of this person to the end, so that rooms open at their newest message. */
export const readAll = async (person: Script): Promise<void> => {
  const { rooms } = await person.get<Rooms>("/rooms");
  for (const { topic, last_seq, unread } of rooms)
    if (unread > 0) await person.post(`/read/${topic}`, { seq: last_seq });
};
