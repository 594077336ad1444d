/** The first pause of a room after a failure that may pass, in milliseconds; doubles each time. */
const FIRST = 1_000;
const LONGEST = 60_000;

/** Pauses before something is tried again, by room. */
export class Pauses {
  readonly #random: () => number;
  readonly #again: (topic: string) => void;
  readonly #pauses = new Map<string, { next: number; timer: ReturnType<typeof setTimeout> | undefined }>();

  /** Calls `again` at the end of each pause. */
  constructor(random: () => number, again: (topic: string) => void) {
    this.#random = random;
    this.#again = again;
  }

  has(topic: string): boolean {
    return this.#pauses.get(topic)?.timer !== undefined;
  }

  /** Begins a pause, unless there is one: longer than the last, and not shorter than `least` milliseconds. */
  begin(topic: string, least = 0): void {
    if (this.has(topic)) return;
    const pause = this.#pauses.get(topic)?.next ?? FIRST;
    const timer = setTimeout(
      () => {
        this.skip(topic);
        this.#again(topic);
      },
      Math.max(least, pause) * (1 + this.#random() / 2),
    );
    this.#pauses.set(topic, { next: Math.min(pause * 2, LONGEST), timer });
  }

  /** Ends a pause early; the next one is still longer. */
  skip(topic: string): void {
    const held = this.#pauses.get(topic);
    clearTimeout(held?.timer);
    if (held) held.timer = undefined;
  }

  skipAll(): void {
    for (const topic of this.#pauses.keys()) this.skip(topic);
  }

  /** Something worked: the next pause is a short one. */
  reset(topic: string): void {
    this.skip(topic);
    this.#pauses.delete(topic);
  }
}
