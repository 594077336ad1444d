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

  /** Like `once`, but only joins work that begins after this call: a response under way may be older than what is asked. */
  async anew(key: string, work: () => Promise<unknown>): Promise<void> {
    // Its errors are for those who began it.
    await this.#work.get(key)?.catch(() => {});
    await this.once(key, work);
  }
}
