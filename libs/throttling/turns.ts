/** Work on some keys, one after the other for each of them. */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Waits for all that was asked for before on any of the keys, and for nothing that is asked for later: no two wait for each other. */
  async take<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const mine = Promise.all(keys.map((key) => this.last.get(key) ?? Promise.resolve())).then(work);
    const settled = mine.catch(() => undefined);
    for (const key of keys) this.last.set(key, settled);
    try {
      return await mine;
    } finally {
      for (const key of keys) if (this.last.get(key) === settled) this.last.delete(key);
    }
  }
}
