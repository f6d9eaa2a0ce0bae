/** Waiting ones woken when one outcome has made room: it may have made more than one place, and the next outcome wakes more. */
const WOKEN = 8;

/** Attempts of this process that were admitted and have no outcome yet, by key; and those that wait for one. */
export class UnderWay {
  private readonly keys = new Map<string, { attempts: number; readonly waiting: (() => void)[] }>();

  of(key: string): number {
    return this.keys.get(key)?.attempts ?? 0;
  }

  begins(key: string): void {
    const entry = this.keys.get(key);
    if (entry) entry.attempts++;
    else this.keys.set(key, { attempts: 1, waiting: [] });
  }

  /** @param madeRoom whether it is counted no more; the last outcome wakes everybody in any case */
  ends(key: string, madeRoom: boolean): void {
    const entry = this.keys.get(key);
    if (!entry) return;
    entry.attempts--;
    if (entry.attempts === 0) this.keys.delete(key);
    for (const wake of entry.waiting.splice(0, entry.attempts === 0 ? Infinity : madeRoom ? WOKEN : 0)) wake();
  }

  /** Resolves when an outcome may have made room; at once where nothing is under way. */
  nextOutcome(key: string): Promise<void> {
    const entry = this.keys.get(key);
    return entry ? new Promise((resolve) => { entry.waiting.push(resolve); }) : Promise.resolve();
  }
}
