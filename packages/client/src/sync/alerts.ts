import type { Event } from "@chinwag/protocol";
import type { Alert } from "../notice.ts";
import { entryAt } from "../state/log.ts";
import type { Store } from "../state/store.ts";

interface Dependencies {
  readonly store: Store;
  alert(alert: Alert): void;
}

/**
 * Milliseconds until a message counts as unread: whoever is looking at it, in whatever tab or on whatever device, has
 * read it by then.
 */
const UNREAD_AFTER = 1_500;

/** Tells about messages meant for me that I do not read at once. */
export class Alerts {
  readonly #dependencies: Dependencies;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  /** Handles an event that arrives: every message in a direct conversation is meant for me. */
  arrived(event: Event): void {
    const { me, rooms } = this.#dependencies.store.state;
    const { topic, seq, sender } = event;
    if (event.type !== "message" || sender === me.name || !rooms.get(topic)?.room.direct) return;
    this.#soon({ topic, seq, sender });
  }

  /** Handles the server's note that a message mentions me. */
  mentioned({ topic, seq, sender }: Pick<Alert, "topic" | "seq" | "sender">): void {
    // In a direct conversation, its event tells.
    if (!this.#dependencies.store.state.rooms.get(topic)?.room.direct) this.#soon({ topic, seq, sender });
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #soon(alert: Alert): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const held = this.#dependencies.store.state.rooms.get(alert.topic);
      if (!held || held.room.read_seq >= alert.seq) return;
      const last = held.room.last_message;
      const entry = entryAt(held.log, alert.seq) ?? (last?.seq === alert.seq ? last : undefined);
      if (entry?.type !== "message") return this.#dependencies.alert(alert);
      // It was deleted meanwhile.
      if (entry.text !== "" || entry.attachments?.length)
        this.#dependencies.alert({ ...alert, text: entry.text });
    }, UNREAD_AFTER);
    this.#timers.add(timer);
  }
}
