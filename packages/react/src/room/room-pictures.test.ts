import type { Log } from "@chinwag/client";
import type { Attachment, Message } from "@chinwag/protocol";
import { expect, it } from "vitest";
import { picturesAround } from "./room-pictures.ts";

const picture = (id: string): Attachment => ({
  id,
  name: `${id}.png`,
  type: "image/png",
  size: 9,
  width: 3,
  height: 2,
});

const message = (seq: number, attachments?: Attachment[], deleted = false): Message =>
  ({
    type: "message",
    topic: "walks",
    seq,
    sender: "bo",
    text: "",
    sent_at: "",
    ...(attachments && { attachments }),
    ...(deleted && { deleted: { by: "bo", at: "" } }),
  }) as Message;

const LOG: Log = {
  segments: [
    { from: 1, to: 2 },
    { from: 5, to: 9 },
  ],
  chunks: new Map([
    [
      0,
      [
        message(1, [picture("far")]),
        message(5, [picture("first")]),
        message(6, [{ id: "text", name: "a.txt", type: "text/plain", size: 9 } as Attachment]),
        message(7),
        message(8, [picture("second"), picture("third")]),
        message(9, [picture("gone")], true),
      ],
    ],
  ]),
};

it("lists the pictures of the part of the room that is loaded around a message, in order", () => {
  const seen = picturesAround(LOG, 8).map(({ seq, file }) => [seq, file.id]);
  expect(seen).toEqual([
    [5, "first"],
    [8, "second"],
    [8, "third"],
  ]);
  expect(picturesAround(LOG, 2).map(({ file }) => file.id)).toEqual(["far"]);
  expect(picturesAround(LOG, 4)).toEqual([]);
});
