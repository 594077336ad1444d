import type { Message } from "@chinwag/protocol";

/** Which part of the log a page is. */
export type Place = { before: number } | { after: number } | { around: number };

/** The first and the last seq of a page. */
export const bounds = (
  all: readonly Message[],
  place: Place,
  limit: number,
  last_seq: number,
): [number, number] => {
  if ("before" in place) {
    const before = Math.min(place.before, last_seq + 1);
    const some = all.filter(({ seq }) => seq < before).slice(-limit);
    return [some.length < limit ? 1 : (some[0]?.seq ?? 1), before - 1];
  }
  if ("after" in place) {
    const some = all.filter(({ seq }) => seq > place.after).slice(0, limit);
    const to = some.length < limit ? last_seq : (some.at(-1)?.seq ?? last_seq);
    return [place.after + 1, Math.max(to, place.after)];
  }
  const around = Math.min(place.around, last_seq + 1);
  const [from] = bounds(all, { before: around }, Math.ceil(limit / 2), last_seq);
  const [, to] = bounds(all, { after: around - 1 }, Math.ceil(limit / 2), last_seq);
  return [from, to];
};
