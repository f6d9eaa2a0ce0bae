const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5000;

/**
 * Does work that fails where a store is away for a while, until it succeeds or is called off.
 */
export class Perseverance {
  private calledOff = false;
  private readonly sleepers = new Set<() => void>();
  private trouble: Error | null = null;

  /** @param onTrouble told of the first failure of a row, not of every one */
  constructor(private readonly onTrouble: (error: Error) => void) {}

  /** Why the work does not get on at the moment; `null` where it does. */
  get failure(): Error | null { return this.trouble; }

  /** Something failed that will be tried again. */
  report(error: unknown): void {
    const first = this.trouble === null;
    this.trouble = error instanceof Error ? error : new Error(String(error));
    if (first) this.onTrouble(this.trouble);
  }

  /** @returns whether it succeeded; `false` where it was called off before */
  async until(work: () => Promise<void>): Promise<boolean> {
    for (let pause = FIRST_PAUSE_MS; !this.calledOff; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        await work();
        this.trouble = null;
        return true;
      } catch (error) {
        this.report(error);
        await this.sleep(pause);
      }
    }
    return false;
  }

  /** As {@link until}, for work whose last try has just failed. */
  async afterAPause(work: () => Promise<void>): Promise<boolean> {
    await this.sleep(FIRST_PAUSE_MS);
    return this.until(work);
  }

  /** Nothing is tried again from now on. */
  callOff(): void {
    this.calledOff = true;
    for (const wake of this.sleepers) wake();
  }

  private async sleep(milliseconds: number): Promise<void> {
    if (this.calledOff) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.sleepers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      this.sleepers.add(wake);
    });
  }
}
