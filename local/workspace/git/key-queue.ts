/** Runs actions on the same key one after the other, in the order they came. */
export class KeyQueue {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Waits for the actions that were given so far. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#last.values());
  }

  async run<Result>(key: string, action: () => Promise<Result>): Promise<Result> {
    const previous = this.#last.get(key) ?? Promise.resolve();
    const current = previous.catch(() => undefined).then(action);
    this.#last.set(key, current);
    try {
      return await current;
    } finally {
      if (this.#last.get(key) === current) this.#last.delete(key);
    }
  }
}
