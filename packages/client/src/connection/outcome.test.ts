import { describe, expect, it } from "vitest";
import { failureIn } from "./outcome.ts";

describe("a refused publish", () => {
  it("has code and explanation from the reason string, and parameters from user properties", () => {
    const properties = {
      reasonString: "not_authorized: you are not in walks; join it first: now",
      userProperties: { reason: "not_member", room: ["walks", "again"] },
    };
    expect(failureIn({ reasonCode: 0x87, properties })).toEqual({
      code: "not_authorized",
      detail: "you are not in walks; join it first: now",
      params: { reason: "not_member", room: "walks" },
    });
  });

  it.each([
    [0x87, "not_authorized"],
    [0x97, "too_many_requests"],
    [0x80, "internal"],
    [0x92, "unexpected"],
  ])("of another broker, 0x%x, has the code that means the same", (reasonCode, code) => {
    expect(failureIn({ reasonCode })).toEqual({ code });
    const properties = { reasonString: "Computer says no" };
    expect(failureIn({ reasonCode, properties })).toEqual({ code, detail: "Computer says no" });
  });
});
