import { type FailureCode, Refused, Unreachable } from "@chinwag/client";
import type { ErrorReason } from "@chinwag/protocol";
import { describe, expect, it } from "vitest";
import type { Messages } from "./language/messages.gen.ts";
import { errorWords, failureWords, noticeWords } from "./words.ts";

type ParamsOf<R extends ErrorReason["reason"]> = Extract<ErrorReason, { reason: R }> &
  Record<"mebibytes" | "gibibytes", number>;

/** The reasons without a message, or whose message needs a parameter that the server doesn't send. */
type Untold = {
  [R in ErrorReason["reason"]]: `reason.${R}` extends keyof Messages
    ? Messages[`reason.${R}`] extends null
      ? never
      : ParamsOf<R> extends Messages[`reason.${R}`]
        ? never
        : R
    : R;
}[ErrorReason["reason"]];

/** The codes without a message. */
type Uncoded = { [C in FailureCode]: `code.${C}` extends keyof Messages ? never : C }[FailureCode];

describe("words", () => {
  it("are there for every reason and code, which the compiler checks", () => {
    const untold: [Untold | Uncoded] extends [never] ? [] : Untold | Uncoded = [];
    expect(untold).toEqual([]);
  });

  it("make a sentence of the server's explanation", () => {
    expect(failureWords({ code: "not_authorized", detail: "you are not in walks; join it first" })).toBe(
      "You are not in walks; join it first.",
    );
  });

  it("have a sentence where the server has none", () => {
    expect(errorWords(new Unreachable())).toContain("can’t be reached");
    expect(errorWords(new Refused(413, { code: "too_large", params: { status: 413 } }))).toContain(
      "too large",
    );
    expect(errorWords(new Refused(418, { code: "unexpected", params: { status: 418 } }))).toContain("418");
    expect(errorWords(new TypeError("x is undefined"))).toContain("x is undefined");
  });

  it("say of an unsent message where it was to go and why it was refused", () => {
    const words = noticeWords({
      type: "not_sent",
      msg_id: "m1",
      topic: "walks",
      text: "anybody there?",
      code: "not_authorized",
      detail: "you are not in walks",
    });
    expect(words).toContain("Not sent to walks: “anybody there?”. You are not in walks.");
  });
});
