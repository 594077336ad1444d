import type { CSSProperties } from "react";

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const shortDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const fullDay = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const longDay = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

const DAY = 86_400_000;

/** The day of a time in the reader's time zone, as a string to compare. */
export const dayOf = (at: Date): string => `${at.getFullYear()}-${at.getMonth() + 1}-${at.getDate()}`;

const daysAgo = (at: Date): number => {
  const midnight = (time: Date) => new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
  return Math.round((midnight(new Date()) - midnight(at)) / DAY);
};

export const timeOf = (at: string | number): string => clock.format(new Date(at));

export const wholeTime = (at: string | number): string => whole.format(new Date(at));

/** Milliseconds until the next day begins. */
export const untilMidnight = (): number => {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime() - now.getTime();
};

/** Formats the heading of a day; `day` is a result of {@link dayOf}. */
export const dayHeading = (day: string): string => {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  const at = new Date(year, month - 1, date);
  const ago = daysAgo(at);
  if (ago === 0) return "Today";
  if (ago === 1) return "Yesterday";
  return ago < 300 ? fullDay.format(at) : longDay.format(at);
};

/** Formats a time for a list: the time of day if it is today, otherwise the day. */
export const briefTime = (at: string): string => {
  const time = new Date(at);
  const ago = daysAgo(time);
  if (ago === 0) return clock.format(time);
  if (ago === 1) return "Yesterday";
  return ago < 7 ? weekday.format(time) : shortDay.format(time);
};

/** When somebody was last here, as a sentence. */
export const lastSeen = (at: string): string => {
  const time = new Date(at);
  const ago = daysAgo(time);
  if (ago === 0) return `Last seen at ${clock.format(time)}`;
  if (ago === 1) return "Last seen yesterday";
  return `Last seen on ${(ago < 7 ? weekday : shortDay).format(time)}`;
};

/** A style that reserves space for the time in the last line of a bubble's text. */
export const keepTime = (time: string): CSSProperties =>
  ({ "--time": JSON.stringify(time) }) as CSSProperties;
