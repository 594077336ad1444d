import { activityTopic, inboxTopic, presenceTopic } from "@chinwag/protocol";
import type { State } from "../state/model.ts";

/** Filters for everything I may read, for a broker that does not grant wildcards beyond that. */
export const filtersOf = ({ me, rooms, people }: Pick<State, "me" | "rooms" | "people">): string[] => [
  inboxTopic(me.name),
  ...[...rooms.keys()].flatMap((topic) => [topic, activityTopic("+", topic)]),
  ...[...people.values()]
    .filter(({ name, live }) => live && name !== me.name)
    .map(({ name }) => presenceTopic(name)),
];

interface Ports {
  /** Subscribes; resolves to whether each filter was granted. Rejects if the connection is lost. */
  subscribe(filters: readonly string[]): Promise<readonly boolean[]>;
  unsubscribe(filters: readonly string[]): void;
  /** Called when filters are granted: from now on no message on them is missed. */
  granted(filters: readonly string[]): void;
}

/** Maximum number of filters per SUBSCRIBE. */
const AT_ONCE = 60;
/** Refused filters are retried, because a broker may learn of a new room later than this client. */
const AGAIN = 500;
const AGAIN_MOST = 30_000;

/** The subscriptions of one connection, kept in step with the wanted filters. */
export class Subscriptions {
  readonly #ports: Ports;
  readonly #held = new Set<string>();
  readonly #refused = new Set<string>();
  #wanted: ReadonlySet<string> = new Set();
  #work: Promise<void> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #pause = AGAIN;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Resolves when everything that is granted is subscribed to. */
  follow(filters: readonly string[]): Promise<void> {
    this.#wanted = new Set(filters);
    this.#work ??= this.#settle().finally(() => {
      this.#work = undefined;
    });
    return this.#work;
  }

  stop(): void {
    clearTimeout(this.#again);
  }

  async #settle(): Promise<void> {
    for (;;) {
      this.#drop();
      const missing = [...this.#wanted].filter(
        (filter) => !this.#held.has(filter) && !this.#refused.has(filter),
      );
      if (missing.length === 0) break;
      const asked = missing.slice(0, AT_ONCE);
      const answers = await this.#ports.subscribe(asked);
      const granted = asked.filter((_, index) => answers[index]);
      for (const filter of asked) (granted.includes(filter) ? this.#held : this.#refused).add(filter);
      if (granted.length > 0) this.#ports.granted(granted);
    }
    if (this.#refused.size > 0) this.#tryAgain();
    else this.#pause = AGAIN;
  }

  #drop(): void {
    for (const filter of this.#refused) if (!this.#wanted.has(filter)) this.#refused.delete(filter);
    const gone = [...this.#held].filter((filter) => !this.#wanted.has(filter));
    if (gone.length === 0) return;
    for (const filter of gone) this.#held.delete(filter);
    this.#ports.unsubscribe(gone);
  }

  #tryAgain(): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => {
      this.#refused.clear();
      // A connection lost meanwhile is handled by its owner.
      this.follow([...this.#wanted]).catch(() => {});
    }, this.#pause);
    this.#pause = Math.min(this.#pause * 2, AGAIN_MOST);
  }
}
