const NOBODY = Promise.resolve();

/** Work on what has a key, such as a stream: for each key one at a time, in the order in which it was asked for. Of keys that nobody works on nothing is kept. */
export class TurnsByKey {
  readonly #last = new Map<string, Promise<unknown>>();

  take<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    return this.#after(this.#last.get(key) ?? NOBODY, [key], work);
  }

  /** Waits for all that was asked for before on any of the keys, and for nothing that is asked for later: no two wait for each other. */
  takeAll<Result>(keys: readonly string[], work: () => Promise<Result>): Promise<Result> {
    return this.#after(Promise.all(keys.map((key) => this.#last.get(key) ?? NOBODY)), keys, work);
  }

  async #after<Result>(before: Promise<unknown>, keys: readonly string[], work: () => Promise<Result>): Promise<Result> {
    const mine = before.then(work);
    const settled = mine.catch(() => undefined);
    for (const key of keys) this.#last.set(key, settled);
    try {
      return await mine;
    } finally {
      for (const key of keys) if (this.#last.get(key) === settled) this.#last.delete(key);
    }
  }
}
