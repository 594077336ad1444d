import { activityTopic, inboxTopic, presenceTopic } from "../protocol/topics.gen";
import type { State } from "../state/model";

/** All that I may read, by name: for a broker that grants no wildcard that would reach further. */
export const filtersOf = ({ me, rooms, people }: Pick<State, "me" | "rooms" | "people">): string[] => [
  inboxTopic(me.name),
  ...Object.keys(rooms).flatMap((topic) => [topic, activityTopic("+", topic)]),
  ...Object.values(people)
    .filter(({ name, live }) => live && name !== me.name)
    .map(({ name }) => presenceTopic(name)),
];

interface Ports {
  /** Asks for these; answers for each whether it was granted. Rejects when the connection is gone. */
  subscribe(filters: readonly string[]): Promise<readonly boolean[]>;
  unsubscribe(filters: readonly string[]): void;
  /** From here on nothing passes by that is said on these. */
  granted(filters: readonly string[]): void;
}

/** One packet asks for no more than this. */
const AT_ONCE = 60;
/** What is refused is asked for again: a broker may hear of a new room a moment after I do. */
const AGAIN = 500;
const AGAIN_MOST = 30_000;

/** What one connection is subscribed to, following what is wanted. */
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

  /** Comes back once all that can be had is subscribed to. */
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
      // A connection that is gone meanwhile is somebody else's concern.
      this.follow([...this.#wanted]).catch(() => {});
    }, this.#pause);
    this.#pause = Math.min(this.#pause * 2, AGAIN_MOST);
  }
}
