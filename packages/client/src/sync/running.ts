/** Work in progress, by what it is about. */
export class Running {
  readonly #work = new Map<string, Promise<unknown>>();

  /** Runs `work` unless the same is already in progress; resolves when it is done. */
  async once(key: string, work: () => Promise<unknown>): Promise<void> {
    const running = this.#work.get(key);
    if (running) {
      await running;
      return;
    }
    const started = work().finally(() => this.#work.delete(key));
    this.#work.set(key, started);
    await started;
  }
}
