/** Pages of one list at most; beyond it the server is broken. */
const PAGES = 1000;

/** Everything in a list that comes in pages: `member` is where an answer has its items. */
export const allPages = async <K extends string, T>(
  member: K,
  page: (cursor: string | undefined) => Promise<Record<K, readonly T[]> & { cursor?: string }>,
): Promise<Record<K, T[]>> => {
  const items: T[] = [];
  const seen = new Set<string | undefined>();
  let cursor: string | undefined;
  do {
    // A cursor that comes again would go round for ever.
    if (seen.has(cursor) || seen.size >= PAGES)
      throw new Error("The server’s list has no end. Try again later.");
    seen.add(cursor);
    const answer = await page(cursor);
    for (const item of answer[member]) items.push(item);
    cursor = answer.cursor;
  } while (cursor !== undefined);
  return { [member]: items } as Record<K, T[]>;
};
