import { Failed } from "../failure.ts";

/** Maximum pages of a list; a server that returns more is faulty. */
const PAGES = 1000;

/** Fetches all pages of a list and returns their items under `member`, the field in which each response has them. */
export const allPages = async <K extends string, T>(
  member: K,
  page: (cursor: string | undefined) => Promise<Record<K, readonly T[]> & { cursor?: string }>,
): Promise<Record<K, T[]>> => {
  const items: T[] = [];
  const seen = new Set<string | undefined>();
  let cursor: string | undefined;
  do {
    // A repeated cursor would loop forever.
    if (seen.has(cursor) || seen.size >= PAGES)
      throw new Failed({ code: "unexpected", params: { reason: "endless_list" } });
    seen.add(cursor);
    const answer = await page(cursor);
    for (const item of answer[member]) items.push(item);
    cursor = answer.cursor;
  } while (cursor !== undefined);
  return { [member]: items } as Record<K, T[]>;
};
