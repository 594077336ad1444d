/** Minimum time between two notices of a room, in milliseconds; a notice is valid for twice as long. */
const EVERY = 3_000;

/** Decides which of my typing notices are published: in each room at most one in a while. */
export class TypingNotices {
  /** The rooms in which others see me typing, each with the time of the last notice. */
  readonly #told = new Map<string, number>();

  /** Whether to publish that I am typing in this room, or no longer. */
  isDue(topic: string, typing: boolean, now: number): boolean {
    if (!typing) return this.#told.delete(topic);
    const told = this.#told.get(topic);
    if (told !== undefined && now - told < EVERY) return false;
    this.#told.set(topic, now);
    return true;
  }
}
