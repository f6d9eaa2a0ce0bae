/**
 * A bounded cache that forgets by generations, not entry by entry: what was not used since the last turn goes.
 *
 * A plain LRU may drop one caller's entry while another's load fills it, between that caller's `await` and its use.
 * Here entries live on until at least `generationSize` others have come after them, and a turn happens only when {@link turn} is called,
 * so a load may be larger than the cache. At most two generations and one load are held.
 */
export class GenerationCache<Value extends NonNullable<unknown>> {
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  constructor(private readonly generationSize: number) {
    if (!Number.isInteger(generationSize) || generationSize < 1) throw new RangeError('a cache holds at least one entry');
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#young.set(key, old);
    return old;
  }

  set(key: string, value: Value): void {
    this.#young.set(key, value);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  /** Starts a new generation once the young one is full. */
  turn(): void {
    if (this.#young.size < this.generationSize) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  get size(): number {
    let onlyOld = 0;
    for (const key of this.#old.keys()) if (!this.#young.has(key)) onlyOld++;
    return this.#young.size + onlyOld;
  }
}
