import { describe, expect, it } from "vitest";
import { failureOf, isTemporary, refusal, Unreachable } from "./failure.ts";

const problem = (fields: object): string => JSON.stringify({ type: "urn:x", title: "No", ...fields });

describe("a refusal", () => {
  it("has the server's code, parameters and explanation", () => {
    const body = problem({
      code: "not_authorized",
      detail: "you are not in walks",
      params: { reason: "not_member", room: "walks" },
    });
    expect(failureOf(refusal(403, body))).toEqual({
      code: "not_authorized",
      detail: "you are not in walks",
      params: { reason: "not_member", room: "walks" },
    });
  });

  it.each([
    [413, "too_large"],
    [429, "too_many_requests"],
    [502, "unavailable"],
    [418, "unexpected"],
  ])("of a proxy, %i, has the code that means the same", (status, code) => {
    expect(failureOf(refusal(status, "<html>nginx</html>"))).toEqual({ code, params: { status } });
    expect(failureOf(refusal(status, '"words"'))).toMatchObject({ code });
  });

  it("says in how many seconds to come again", () => {
    const limited = refusal(429, problem({ code: "too_many_requests" }), "7");
    expect(failureOf(limited).params).toEqual({ seconds: 7 });
    expect(failureOf(refusal(429, problem({ code: "too_many_requests" }), "Sat, 28 Nov")).params).toBe(
      undefined,
    );
  });
});

describe("what may succeed later", () => {
  it.each([
    ["a busy server", refusal(503, problem({ code: "unavailable" })), true],
    ["a server's error", refusal(500, problem({ code: "internal" })), true],
    ["a full disk", refusal(507, problem({ code: "storage_full" })), true],
    ["too much at once", refusal(429, ""), true],
    ["a proxy without its server", refusal(502, ""), true],
    ["an unknown error of a proxy", refusal(520, ""), true],
    ["no answer", new Unreachable(), true],
    ["no permission", refusal(403, problem({ code: "not_authorized" })), false],
    ["too large a file", refusal(413, ""), false],
    ["a used-up quota", refusal(422, problem({ code: "quota_exceeded" })), false],
    ["an error of this client", new TypeError("x is undefined"), false],
  ])("%s", (_, error, temporary) => {
    expect(isTemporary(failureOf(error))).toBe(temporary);
  });
});
