import { expect, it } from "vitest";
import { otherOf } from "./other-of.ts";

it.each([
  ["dm/ana/zzz", "zzz"],
  ["dm/aaa/ana", "aaa"],
  ["dm/ana/ana", undefined],
  ["dm/bo/zzz", undefined],
  ["dm/zzz/ana", undefined],
  ["dm/ana/bo/cyd", undefined],
  ["team/ana/zzz", undefined],
  ["general", undefined],
])("for ana, %s is a conversation with %s", (topic, other) => {
  expect(otherOf(topic, "ana")).toBe(other);
});
