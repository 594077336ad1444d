/** The number of seqs that a chunk of the log covers. */
export const CHUNK = 100;

/** Maximum number of changes that can arrive while history is being fetched; beyond that the response is dropped. */
export const CHANGES_KEPT = 500;

/** The newest part of the log that is kept of a room that is not on screen. */
export const KEPT_WHEN_CLOSED = 200;

/** The newest entries of a room that are stored for the next visit. */
export const CACHED_ENTRIES = 200;

/** The number of rooms of which entries are stored: those that were opened last. */
export const CACHED_LOGS = 50;

/** The number of entries that may be held of the room on screen. */
export const KEPT_WHEN_OPEN = 2_000;

/** The number of entries that stay on each side of the view, once there are more than that. */
export const KEPT_AROUND = 500;
