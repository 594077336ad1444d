import type { Note } from "@chinwag/client";
import { describe, expect, it } from "vitest";
import { inWords } from "./note-words.ts";

const join = (name: string, sender = name, seq = 9): Note => ({ type: "join", name, sender, seq });
const leave = (name: string, sender = name): Note => ({ type: "leave", name, sender, seq: 9 });
const room = (title: string, isPrivate = false, seq = 9): Note => ({
  seq,
  type: "room",
  title,
  purpose: "",
  private: isPrivate,
  sender: "ana",
});

describe("quiet lines", () => {
  it.each<[string, Note[]]>([
    ["ana joined", [join("ana")]],
    ["ana and bo joined", [join("ana"), join("bo")]],
    ["ana, bo and cyd joined", [join("ana"), join("bo"), join("cyd")]],
    ["ana added bo and cyd", [join("bo", "ana"), join("cyd", "ana")]],
    ["bo left, bo joined", [leave("bo"), join("bo")]],
    ["ana removed bo", [leave("bo", "ana")]],
    ["ana called this “Walks”, ana joined, ana added bo", [room("Walks"), join("ana"), join("bo", "ana")]],
    [
      "ana made this room, ana added bo",
      [room("Walks", false, 1), join("ana", "ana", 2), join("bo", "ana", 3)],
    ],
    ["ana made this private room", [room("Secret", true, 1)]],
    ["ana called this “Secret”, a private room", [room("Secret", true)]],
    ["a, b, c, d and 3 others joined", ["a", "b", "c", "d", "e", "f", "g"].map((name) => join(name))],
  ])("%s", (words, notes) => {
    expect(inWords(notes)).toBe(words);
  });
});
