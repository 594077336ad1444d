import type { CSSProperties } from "react";
import { currentText, perLanguage } from "../language/index.ts";

const formats = perLanguage((locale) => {
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options);
  return {
    clock: format({ timeStyle: "short" }),
    weekday: format({ weekday: "long" }),
    shortDay: format({ day: "numeric", month: "short" }),
    fullDay: format({ weekday: "long", day: "numeric", month: "long" }),
    longDay: format({ dateStyle: "long" }),
    whole: format({ dateStyle: "full", timeStyle: "medium" }),
  };
});

const DAY = 86_400_000;

/** The day of a time in the reader's time zone, as a string to compare. */
export const dayOf = (at: Date): string => `${at.getFullYear()}-${at.getMonth() + 1}-${at.getDate()}`;

const daysAgo = (at: Date): number => {
  const midnight = (time: Date) => new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
  return Math.round((midnight(new Date()) - midnight(at)) / DAY);
};

export const timeOf = (at: string | number): string => formats().clock.format(new Date(at));

export const wholeTime = (at: string | number): string => formats().whole.format(new Date(at));

/** Milliseconds until the next day begins. */
export const untilMidnight = (): number => {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime() - now.getTime();
};

/** Days of the week are lower case in French and Spanish, but a heading begins with a capital letter. */
const capitalised = (words: string): string => {
  const [first = "", ...rest] = words;
  return first.toLocaleUpperCase(currentText().locale) + rest.join("");
};

/** Formats the heading of a day; `day` is a result of {@link dayOf}. */
export const dayHeading = (day: string): string => {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  const at = new Date(year, month - 1, date);
  const ago = daysAgo(at);
  if (ago === 0) return currentText()("time.today");
  if (ago === 1) return currentText()("time.yesterday");
  const { fullDay, longDay } = formats();
  return capitalised((ago < 300 ? fullDay : longDay).format(at));
};

/** Formats a time for a list: the time of day if it is today, otherwise the day. */
export const briefTime = (at: string): string => {
  const time = new Date(at);
  const ago = daysAgo(time);
  const { clock, weekday, shortDay } = formats();
  if (ago === 0) return clock.format(time);
  if (ago === 1) return currentText()("time.yesterday");
  return ago < 7 ? weekday.format(time) : shortDay.format(time);
};

/** When somebody was last here, as a sentence. */
export const lastSeen = (at: string): string => {
  const time = new Date(at);
  const ago = daysAgo(time);
  const t = currentText();
  const { clock, weekday, shortDay } = formats();
  if (ago === 0) return t("time.lastSeenAt", { time: clock.format(time) });
  if (ago === 1) return t("time.lastSeenYesterday");
  return ago < 7
    ? t("time.lastSeenWeekday", { weekday: weekday.format(time) })
    : t("time.lastSeenDay", { day: shortDay.format(time) });
};

/** A style that reserves space for the time in the last line of a bubble's text. */
export const keepTime = (time: string): CSSProperties =>
  ({ "--time": JSON.stringify(time) }) as CSSProperties;
