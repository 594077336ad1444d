import type { Log, RoomState, Row } from "@chinwag/client";
import type { Message } from "@chinwag/protocol";
import { describe, expect, it } from "vitest";
import { currentText, type Text } from "../language/index.ts";
import { createDrawing, quotedIn } from "./use-drawn-rows.tsx";

const event = { type: "message", topic: "ana", seq: 7, sender: "bo", text: "hi", sent_at: "" } as Message;
const row: Row = { kind: "message", key: "m7", event, mine: false, head: true, tail: true };

/** The room after messages up to `last_seq`, of which another person has read those up to `read`. */
const held = (last_seq: number, read = 0): RoomState => ({
  room: {
    topic: "ana",
    title: "bo",
    purpose: "",
    private: true,
    direct: true,
    member: true,
    owner: false,
    members: 2,
    epoch: "e1",
    last_seq,
    read_seq: last_seq,
    unread: 0,
  },
  log: { segments: [], chunks: new Map() },
  applied: last_seq,
  head: last_seq,
  reads: new Map([["bo", read]]),
  members: undefined,
  recent: { after: 0, changes: [] },
});

interface Changes {
  readonly flash?: number;
  readonly stop?: string;
  readonly text?: Text;
}

const otherText: Text = Object.assign(((key: string) => key) as unknown as Text, currentText());

describe("a row that is drawn already", () => {
  const drawing = createDrawing();
  const ignored = () => {};
  const given = { text: currentText(), onAnswer: ignored, onJump: ignored, onAddPeople: undefined };
  const drawn = (room: RoomState, { flash, stop, text = given.text }: Changes = {}) =>
    drawing(row, { ...given, held: room, flash, stop, text });

  it("is the same element after another message", () => {
    expect(drawn(held(8))).toBe(drawn(held(7)));
  });

  it.each([
    ["it is highlighted", () => drawn(held(8), { flash: 7 })],
    ["it is the tab stop", () => drawn(held(8), { stop: "m7" })],
    ["the language is another one", () => drawn(held(8), { text: otherText })],
    ["it has been seen", () => drawn(held(8, 7))],
  ])("is another one when %s", (_, changed) => {
    const before = drawn(held(8));
    expect(changed()).not.toBe(before);
  });
});

describe("a quote", () => {
  const quote = { seq: 3, sender: "bo", text: "" };
  const words = (log: Log) => quotedIn(currentText(), log, quote);

  it("is never empty, also while its message is not loaded", () => {
    expect(words({ segments: [], chunks: new Map() })).toBe("Show the message");
  });

  it("says that its message was deleted once it is loaded", () => {
    const deleted = { ...event, seq: 3, text: "", deleted: { seq: 4, by: "bo" }, changed_seq: 4 };
    const log = { segments: [{ from: 3, to: 4 }], chunks: new Map([[0, [deleted]]]) } as unknown as Log;
    expect(words(log)).toBe("Message deleted");
  });
});
