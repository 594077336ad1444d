import type { Failure, Notice, SignedOut } from "@chinwag/client";
import { failureOf } from "@chinwag/client";
import { currentText } from "./language/index.ts";

/** Turns the server's explanation, which is part of a sentence, into a whole sentence. */
const sentence = (words: string): string => {
  const [first = "", ...rest] = words;
  return `${first.toUpperCase()}${rest.join("")}${/[.!?…]$/.test(words) ? "" : "."}`;
};

/**
 * What went wrong, as a sentence: by the reason; for one that is not known, by the code. Only in English is the server's
 * own explanation better than the code's sentence, which is general.
 */
export const failureWords = ({ code, params = {}, detail }: Failure): string => {
  const t = currentText();
  const limit = Number(params.limit ?? 0);
  const known = { ...params, mebibytes: limit / 2 ** 20, gibibytes: limit / 2 ** 30 };
  const words = t.ifKnown(`reason.${params.reason}`, known);
  if (words !== undefined) return words;
  if (detail && t.locale.startsWith("en")) return sentence(detail);
  if (code === "unexpected" && params.status !== undefined)
    return t("code.status", { status: params.status });
  return t.ifKnown(`code.${code}`, params) ?? sentence(detail ?? t("code.unexpected"));
};

/** What went wrong, for anything that was thrown. */
export const errorWords = (error: unknown): string => failureWords(failureOf(error));

/** A notice as a sentence or two. */
export const noticeWords = (notice: Notice): string => {
  const t = currentText();
  switch (notice.type) {
    case "invited":
      return t("notice.invited", { by: notice.by, room: notice.room });
    case "removed":
      return t("notice.removed", { by: notice.by, room: notice.room });
    case "refused":
      return failureWords(notice);
    case "not_sent":
      return t("notice.notSent", {
        room: notice.topic,
        text: inBrief(notice.text),
        why: failureWords(notice),
      });
    case "not_stored":
      return t(notice.reason === "blocked" ? "notice.blocked" : "notice.notStored");
  }
};

/** Why the chat ended; undefined if I ended it here. */
export const signedOutWords = (why: SignedOut): string | undefined => {
  const t = currentText();
  switch (why) {
    case "here":
      return undefined;
    case "elsewhere":
      return t("signedOut.elsewhere");
    case "expired":
      return t("signedOut.expired");
    case "other_account":
      return t("signedOut.other");
  }
};

const inBrief = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
