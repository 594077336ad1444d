import { CHUNK } from "./limits.ts";
import { type Change, changed, type Entry } from "./message.ts";

/** A stretch of a room's log, both ends included. */
export interface Segment {
  readonly from: number;
  readonly to: number;
}

/** At most {@link CHUNK} entries that follow each other; a changed chunk is another array, so views can keep theirs. */
export type Chunk = readonly Entry[];

/**
 * What is held of a room's log: disjoint segments, in order, and their entries in chunks. A chunk begins at a multiple of
 * {@link CHUNK}, wherever segments begin, so the same log has the same chunks on whatever way it was loaded.
 */
export interface Log {
  readonly segments: readonly Segment[];
  readonly chunks: ReadonlyMap<number, Chunk>;
}

export const emptyLog: Log = { segments: [], chunks: new Map() };

export const chunkOf = (seq: number): number => Math.floor(seq / CHUNK);

/** The segment that covers `seq`. */
export const segmentAt = (log: Log, seq: number): Segment | undefined =>
  log.segments.find(({ from, to }) => from <= seq && seq <= to);

/** The entry with this seq. Changes of messages have none. */
export const entryAt = (log: Log, seq: number): Entry | undefined =>
  log.chunks.get(chunkOf(seq))?.find((entry) => entry.seq === seq);

/** The parts of a segment, in order: each chunk's entries that belong to it. */
export const chunksIn = (log: Log, { from, to }: Segment): Chunk[] => {
  const found: Chunk[] = [];
  for (let index = chunkOf(from); index <= chunkOf(to); index += 1) {
    const chunk = log.chunks.get(index);
    if (!chunk || chunk.length === 0) continue;
    const [first, last] = [chunk[0], chunk[chunk.length - 1]];
    const isWhole = first && last && first.seq >= from && last.seq <= to;
    const part = isWhole ? chunk : chunk.filter(({ seq }) => from <= seq && seq <= to);
    if (part.length > 0) found.push(part);
  }
  return found;
};

export const entriesIn = (log: Log, segment: Segment): Entry[] => chunksIn(log, segment).flat();

/** All entries that are held. */
export const entriesOf = (log: Log): Entry[] => log.segments.flatMap((segment) => entriesIn(log, segment));

/** The number of entries held. */
export const sizeOf = (log: Log): number => {
  let size = 0;
  for (const chunk of log.chunks.values()) size += chunk.length;
  return size;
};

/** Adds the event after the last one: an entry, or a seq without one. */
export const append = (log: Log, seq: number, entry: Entry | undefined): Log => {
  const chunks = entry ? withEntries(log.chunks, [entry]) : log.chunks;
  return { segments: joined(log.segments, { from: seq, to: seq }), chunks };
};

/** Adds a stretch of the log with its entries. Of two versions of a message, the later one stays. */
export const insert = (log: Log, stretch: Segment, entries: readonly Entry[]): Log => {
  if (stretch.to < stretch.from) return log;
  const inside = entries.filter(({ seq }) => stretch.from <= seq && seq <= stretch.to);
  return { segments: joined(log.segments, stretch), chunks: withEntries(log.chunks, inside) };
};

/** Applies a change to its message and, if it is a deletion, to the quotes of it. */
export const change = (log: Log, change: Change, me: string): Log => {
  const apply = (entry: Entry): Entry => (entry.type === "message" ? changed(entry, change, me) : entry);
  const concerned = change.type === "delete" ? [...log.chunks.keys()] : [chunkOf(change.target)];
  let chunks: Map<number, Chunk> | undefined;
  for (const index of concerned) {
    const chunk = log.chunks.get(index);
    const next = chunk?.map(apply);
    if (!chunk || !next || next.every((entry, at) => entry === chunk[at])) continue;
    chunks ??= new Map(log.chunks);
    chunks.set(index, next);
  }
  return chunks ? { ...log, chunks } : log;
};

/** Drops everything but what lies in the given stretches. */
export const keepOnly = (log: Log, kept: readonly Segment[]): Log => {
  const segments = log.segments.flatMap(({ from, to }) =>
    kept.flatMap((each) => {
      const part = { from: Math.max(from, each.from), to: Math.min(to, each.to) };
      return part.from <= part.to ? [part] : [];
    }),
  );
  const chunks = new Map<number, Chunk>();
  for (const [index, chunk] of log.chunks) {
    const left = chunk.filter(({ seq }) => segments.some(({ from, to }) => from <= seq && seq <= to));
    if (left.length > 0) chunks.set(index, left.length === chunk.length ? chunk : left);
  }
  return { segments, chunks };
};

/** Adds a stretch to the segments; those that touch each other become one. */
const joined = (segments: readonly Segment[], { from, to }: Segment): Segment[] => {
  const before = segments.filter((segment) => segment.to + 1 < from);
  const after = segments.filter((segment) => to + 1 < segment.from);
  const touching = segments.filter((segment) => segment.to + 1 >= from && to + 1 >= segment.from);
  const first = Math.min(from, ...touching.map((segment) => segment.from));
  const last = Math.max(to, ...touching.map((segment) => segment.to));
  return [...before, { from: first, to: last }, ...after];
};

const withEntries = (chunks: Log["chunks"], entries: readonly Entry[]): Map<number, Chunk> => {
  const next = new Map(chunks);
  const added = new Map<number, Entry[]>();
  for (const entry of entries) {
    const index = chunkOf(entry.seq);
    const others = added.get(index);
    if (others) others.push(entry);
    else added.set(index, [entry]);
  }
  for (const [index, some] of added) next.set(index, mergedChunk(next.get(index) ?? [], some));
  return next;
};

const mergedChunk = (held: Chunk, added: readonly Entry[]): Chunk => {
  const last = held.at(-1);
  const [only] = added;
  // The usual case: the next event.
  if (only && added.length === 1 && (!last || last.seq < only.seq)) return [...held, only];
  const bySeq = new Map(held.map((entry) => [entry.seq, entry]));
  for (const entry of added) bySeq.set(entry.seq, later(bySeq.get(entry.seq), entry));
  const next = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  return next.length === held.length && next.every((entry, at) => entry === held[at]) ? held : next;
};

/** The later of two versions of an entry. */
const later = (held: Entry | undefined, found: Entry): Entry => {
  if (held?.type !== "message" || found.type !== "message") return held ?? found;
  if (found.changed_seq > held.changed_seq) return withErasedQuote(found, held);
  return withErasedQuote(held, found);
};

/** A quote that is erased in one version is erased in both: `changed_seq` does not tell. */
const withErasedQuote = <E extends Entry & { type: "message" }>(entry: E, other: E): E => {
  const { original_message: quote } = entry;
  if (!quote || quote.text === "" || other.original_message?.text !== "") return entry;
  return { ...entry, original_message: { ...quote, text: "" } };
};
