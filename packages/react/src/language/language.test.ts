import type { Params } from "@chinwag/client";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, describe, expect, it } from "vitest";
import { failureWords } from "../words.ts";
import { bestOf, currentText, LANGUAGES, type LanguageCode, localeOf, setLanguage } from "./language.ts";
import { listed } from "./list.ts";

afterEach(() => setLanguage("en"));

describe("the language", () => {
  it("is English without setup", () => {
    expect(currentText()("cancel")).toBe("Cancel");
    expect(currentText()("members.count", { count: 1 })).toBe("1 member");
    expect(currentText()("members.count", { count: 1234 })).toBe("1,234 members");
  });

  it.each<[readonly string[], LanguageCode]>([
    [["de-AT", "en"], "de"],
    [["pt-BR", "es-MX"], "es"],
    [["zh-Hant-TW"], "zh"],
    [["AR"], "ar"],
    [["constructor", "__proto__"], "en"],
    [[], "en"],
  ])("for a browser in %j is %s", (tags, code) => {
    expect(bestOf(tags)).toBe(code);
  });

  it("has dates and numbers as where the browser's user lives", () => {
    expect(localeOf("de", ["en-US", "de-AT"])).toBe("de-AT");
    expect(localeOf("de", ["en-US"])).toBe("de");
    expect(localeOf("zh", [])).toBe("zh-Hans");
  });

  it("of the last choice stays, whichever arrives last", async () => {
    await Promise.all([setLanguage("fr"), setLanguage("en"), setLanguage("de")]);
    expect(currentText()("cancel")).toBe("Abbrechen");
  });

  it.each([
    [0, "لا أعضاء"],
    [1, "عضو واحد"],
    [2, "عضوان"],
    [3, /^[3٣] أعضاء$/],
    [11, /^(11|١١) عضوًا$/],
    [100, /^(100|١٠٠) عضو$/],
  ])("Arabic has six plurals: %i", async (count, words) => {
    await setLanguage("ar");
    expect(currentText()("members.count", { count })).toMatch(words);
  });

  it("isolates what is written in the other direction, and nothing else", async () => {
    expect(currentText()("room.joinOne", { room: "Walks" })).toBe("Join Walks");
    expect(currentText()("room.joinOne", { room: "شاي" })).toBe("Join \u2068شاي\u2069");
    await setLanguage("ar");
    expect(currentText()("room.joinOne", { room: "Walks" })).toBe("الانضمام إلى \u2068Walks\u2069");
    expect(currentText()("room.joinOne", { room: "شاي" })).toBe("الانضمام إلى شاي");
    expect(listed(["ana", "bo"])).toBe("\u2068ana\u2069 و\u2068bo\u2069");
  });

  it("draws elements within a message", () => {
    const drawn = currentText().rich("unsent.notice", { room: "<b>" });
    expect(renderToStaticMarkup(drawn)).toBe("A message was not sent to &lt;b&gt;.");
  });
});

it("a message with a wrong key or wrong parameters does not compile", () => {
  const t = currentText();
  const wrong = [
    // @ts-expect-error: there is no such key.
    () => t("cancle"),
    // @ts-expect-error: a parameter is missing.
    () => t("members.count"),
    // @ts-expect-error: it is a number.
    () => t("members.count", { count: "1" }),
    // @ts-expect-error: it has another name.
    () => t("room.joinOne", { topic: "walks" }),
    // @ts-expect-error: there are none.
    () => t("cancel", { count: 1 }),
  ];
  expect(wrong).toHaveLength(5);
});

describe("a refusal", () => {
  const full = { reason: "room_full", limit: 5000 };

  it("is told by its reason in every language, never in the server's English", async () => {
    const told = new Set<string>();
    for (const code of Object.keys(LANGUAGES) as LanguageCode[]) {
      await setLanguage(code);
      told.add(failureWords({ code: "quota_exceeded", params: full, detail: "the room is full" }));
    }
    expect(told.size).toBe(Object.keys(LANGUAGES).length);
    expect(told).toContain("Der Raum ist voll: Er hat 5.000 Mitglieder.");
    expect(told).toContain("The room is full: it has 5,000 members.");
  });

  it("is told by its code if the reason is not known, or lacks a parameter", async () => {
    await setLanguage("de");
    const general = "Das ist mehr, als dieser Server erlaubt.";
    const all: Params[] = [
      { reason: "room_full" },
      { reason: "newer", limit: 1 },
      { reason: "toString" },
      {},
    ];
    for (const params of all)
      expect(failureWords({ code: "quota_exceeded", params, detail: "in English" })).toBe(general);
  });

  it("is told by the server if the code is not known either", async () => {
    await setLanguage("de");
    const newer = { code: "newer", detail: "something new" } as unknown as Parameters<typeof failureWords>[0];
    expect(failureWords(newer)).toBe("Something new.");
  });

  it("chooses among the words of a parameter", async () => {
    const params = { reason: "space", what: "room", suggestion: "tea-room" };
    const failure = { code: "topic_invalid", params } as const;
    expect(failureWords(failure)).toBe("The room id cannot have spaces; try tea-room.");
    await setLanguage("es");
    expect(failureWords(failure)).toBe("El ID de la sala no puede tener espacios; prueba con tea-room.");
  });
});
