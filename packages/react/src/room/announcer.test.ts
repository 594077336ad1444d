import type { Log, RoomState } from "@chinwag/client";
import type { Message } from "@chinwag/protocol";
import { expect, it } from "vitest";
import { linesAfter } from "./announcer.tsx";

const message = (seq: number, text: string, more: Partial<Message> = {}) =>
  ({ type: "message", topic: "general", seq, sender: "bo", text, changed_seq: seq, ...more }) as Message;

/** What is said after the messages before these. */
const said = (...messages: Message[]): string[] => {
  const log: Log = { segments: [{ from: 1, to: 9 }], chunks: new Map([[0, messages]]) };
  const held = { log, applied: 9 } as Partial<RoomState> as RoomState;
  return linesAfter(held, 1, "ana").map(({ text }) => text.replaceAll(/[\u2068\u2069]/g, ""));
};

it("says every new message of others once, also the same text again", () => {
  expect(
    said(message(1, "old"), message(2, "ok"), message(3, "mine", { sender: "ana" }), message(4, "ok")),
  ).toEqual(["bo: ok", "bo: ok"]);
});

it("says how many there are, if nobody could listen to all of them", () => {
  expect(said(...[2, 3, 4, 5].map((seq) => message(seq, "ok")))).toEqual(["4 new messages"]);
});

it("says words, not markup, the names of files, and not all of a long text", () => {
  expect(said(message(2, "**so** [there](https://example.org/)"))).toEqual(["bo: so there"]);
  const file = { id: "1", name: "cat.png", type: "image/png", size: 1 };
  expect(said(message(2, "", { attachments: [file] }))).toEqual(["bo: cat.png"]);
  expect(said(message(2, "long ".repeat(100)))[0]?.length).toBeLessThan(220);
});

it("says nothing of what was deleted", () => {
  expect(said(message(2, "", { deleted: { seq: 3, by: "bo" } }))).toEqual([]);
});
