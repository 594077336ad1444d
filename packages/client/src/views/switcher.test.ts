import type { Person, Room } from "@chinwag/protocol";
import { describe, expect, it, vi } from "vitest";
import { emptyRoom } from "../state/testing/events.ts";
import { choicesFor, type SwitcherInput } from "./switcher.ts";

const room = (topic: string, title = topic, more: Partial<Room> = {}): Room => ({
  ...emptyRoom(topic),
  title,
  ...more,
});

const person = (name: string): Person => ({ name, state: "online", live: true });

const input: SwitcherInput = {
  rooms: [
    room("general", "General"),
    room("team/design", "Design"),
    room("projects/196", "Project 196", { unread: 3 }),
    room("café", "Café"),
    room("dm/ana/bo", "bo", { direct: true }),
    room("dm/ana/gone", "gone", { direct: true }),
  ],
  people: [person("ana"), person("bo"), person("mia.design")],
  joinable: [room("designers", "Designers", { member: false })],
  actions: [{ id: "create", label: "Create a room", run: vi.fn() }],
  me: "ana",
};

const found = (typed: string) => choicesFor(typed, input).map(({ key }) => key);

describe("the switcher", () => {
  it("finds words in any order, in the title and the topic", () => {
    expect(found("design team")).toEqual(["r:team/design"]);
    expect(found("196 project")).toEqual(["r:projects/196"]);
    expect(found("proj 19")).toEqual(["r:projects/196"]);
  });

  it("has what one is in before what one is not", () => {
    expect(found("design")).toEqual(["r:team/design", "p:mia.design", "r:designers"]);
  });

  it("ignores case and accents", () => {
    expect(found("CAFE")).toEqual(["r:café"]);
    expect(found("ＧＥＮ")).toEqual(["r:general"]);
  });

  it("shows rooms and people before anything is typed, unread ones first, and not me", () => {
    const all = found("");
    expect(all[0]).toBe("r:projects/196");
    expect(all).not.toContain("p:ana");
    expect(all).not.toContain("r:designers");
    expect(all).not.toContain("a:create");
    expect(all).toContain("p:gone");
  });

  it("finds actions", () => {
    expect(found("create")).toEqual(["a:create"]);
  });

  it("finds nothing where a word is missing", () => {
    expect(found("general nothing")).toEqual([]);
  });
});
