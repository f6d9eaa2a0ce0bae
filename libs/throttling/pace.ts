import type { Clock } from '@rolebook/kernel';

/** What may be spent at once, in milliseconds of what flows back: a minute's worth. */
const WINDOW_MS = 60_000;

/**
 * How fast one party may do what is dear, in this process alone: a budget a minute each, which flows back evenly (a leaky bucket, kept as the
 * generic cell rate algorithm keeps it: one number a party). Guesses have {@link Throttle}, which is exact on every node and outlives a restart;
 * this costs nothing to ask, and what it protects is this process.
 */
export class Pace {
  /** When each party's budget is whole again, in milliseconds since the epoch; whoever spent last stands last. */
  private readonly wholeAt = new Map<string, number>();

  /**
   * @param perMinute what each party may spend in a minute, and at once; 0: as much as it likes
   * @param most parties remembered; beyond, whoever has spent nothing for longest is forgotten
   */
  constructor(private readonly clock: Clock, private readonly perMinute: number, private readonly most = 10_000) {}

  /** Spends, where the budget is not used up. @returns 0, or the milliseconds until it can be spent: nothing was */
  spend(party: string, cost: number): number {
    if (this.perMinute === 0) return 0;
    const now = this.clock.now();
    // Where the clock was put back nobody waits for longer than from a budget that is all spent.
    const from = Math.min(Math.max(now, this.wholeAt.get(party) ?? 0), now + WINDOW_MS);
    const until = from + Math.min(cost / this.perMinute, 1) * WINDOW_MS;
    const wait = until - now - WINDOW_MS;
    if (wait >= 1) return Math.ceil(wait); // parts of a millisecond are rounding
    this.wholeAt.delete(party);
    this.wholeAt.set(party, until);
    if (this.wholeAt.size > this.most) this.wholeAt.delete(this.wholeAt.keys().next().value!);
    return 0;
  }
}
