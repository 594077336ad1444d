import { entriesIn, type Log, segmentAt } from "@chinwag/client";
import type { Attachment } from "@chinwag/protocol";
import { picturesOf } from "./picture-sources.ts";

/** A picture and the message it belongs to. */
export interface RoomPicture {
  readonly seq: number;
  readonly file: Attachment;
}

/** A picture of a room that is being looked at. */
export interface Viewing extends RoomPicture {
  readonly topic: string;
}

/** The pictures of the loaded part of the room around a message, in the order in which they were posted. */
export const picturesAround = (log: Log, seq: number): RoomPicture[] => {
  const segment = segmentAt(log, seq);
  if (!segment) return [];
  return entriesIn(log, segment).flatMap((entry) =>
    entry.type === "message" && !entry.deleted
      ? picturesOf(entry.attachments ?? []).map((file) => ({ seq: entry.seq, file }))
      : [],
  );
};
