import { DomainError, type Clock } from '@rolebook/kernel';
import { OperationalStoreUnavailable, type OperationalStore } from '@rolebook/operational-store';
import type { Memory, Policy } from './policy';
import { Turns, UnderWay } from './under-way';

/** One limit on an attempt. */
export interface Limit {
  /** What is counted, such as one account from one place. Holds nothing readable: keys are stored. */
  readonly key: string;
  readonly policy: Policy;
}

/** Too many attempts; `details.retryAfterSeconds` says when to come again. */
export class TooManyAttempts extends DomainError {
  /** @param firstOfWait whether nobody was refused since this wait began: worth writing down once */
  constructor(retryAfterMs: number, readonly firstOfWait: boolean) {
    super('too-many-attempts', 'Too many attempts; wait before the next one.', { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) });
  }
}

const BUCKET = 'throttle';
/** Changes of one entry take turns on a node, so that only other nodes make a try fail; this many are lost in no healthy installation. */
const TRIES = 100;

interface Kept { readonly memory: Memory; readonly expiresAt: number }
/** What an entry is to be; `null`: gone. `undefined` leaves it. */
type Change = (memory: Memory | null, now: number) => Kept | null | undefined;

/**
 * Limits attempts, exactly and durably: an attempt is counted in the operational store before it is checked, and counted back when it was right.
 * So neither many at once, nor many nodes, nor a restart gives a guess away. What a crash leaves half-done stays counted.
 * Where a limit is full of attempts that are still being checked on this node, the next one waits for their outcome: they may all be right.
 */
export class Throttle {
  private readonly turns = new Turns();
  private readonly underWay = new UnderWay();

  constructor(private readonly store: OperationalStore, private readonly clock: Clock) {}

  /**
   * Makes one attempt, if all limits admit it. Callers name limits in one order (the wider first), so that no two wait for each other.
   * @param check resolves to what being right gives, or to `null` for a wrong guess; where it throws, nothing was learned and the attempt is not counted
   * @throws {TooManyAttempts} where a limit is reached; the attempt counts for none
   */
  async attempt<T extends object>(limits: readonly Limit[], check: () => Promise<T | null>): Promise<T | null> {
    const admitted: Limit[] = [];
    try {
      for (const limit of limits) {
        await this.admit(limit);
        admitted.push(limit);
      }
      const outcome = await check();
      await this.settle(admitted, outcome === null ? null : 'succeeded');
      return outcome;
    } catch (error) {
      await this.settle(admitted, 'givenBack');
      throw error;
    }
  }

  /** Counts something that has no right or wrong, such as a letter asked for. @throws {TooManyAttempts} */
  async count(limits: readonly Limit[]): Promise<void> {
    await this.attempt(limits, async () => null);
  }

  /** Forgets what was counted: the secret that was guessed at is another one now. */
  async forget(keys: readonly string[]): Promise<void> {
    await Promise.all(keys.map((key) => this.store.delete(BUCKET, key)));
  }

  private async admit(limit: Limit): Promise<void> {
    for (;;) {
      const refusal = await this.turns.take(limit.key, () => this.tryToAdmit(limit));
      if (refusal === null) return;
      if (refusal !== 'full for now') throw refusal;
      await this.underWay.nextOutcome(limit.key);
    }
  }

  private async tryToAdmit({ key, policy }: Limit): Promise<TooManyAttempts | 'full for now' | null> {
    let refusal: TooManyAttempts | 'full for now' | null = null;
    await this.change(key, (memory, now) => {
      const verdict = policy.admit(memory, now);
      refusal = verdict.admitted ? null : this.underWay.of(key) > 0 ? 'full for now' : new TooManyAttempts(verdict.retryAfterMs, verdict.memory !== null);
      return verdict.memory === null || refusal === 'full for now' ? undefined : { memory: verdict.memory, expiresAt: verdict.expiresAt };
    });
    if (refusal === null) this.underWay.begins(key);
    return refusal;
  }

  /** @param how what being right, or never having been, does to the count; `null`: it stays counted */
  private async settle(admitted: Limit[], how: 'succeeded' | 'givenBack' | null): Promise<void> {
    await Promise.all(admitted.splice(0).map(async ({ key, policy }) => {
      try {
        if (how) await this.turns.take(key, () => this.change(key, (memory, now) => (memory === null ? undefined : policy[how](memory, now, this.underWay.of(key) - 1))));
      } finally {
        this.underWay.ends(key, how !== null);
      }
    }));
  }

  private async change(key: string, change: Change): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      const entry = await this.store.get(BUCKET, key);
      const now = this.clock.now();
      const wanted = change((entry?.value ?? null) as Memory | null, now);
      if (wanted === undefined || (wanted === null && entry === null)) return;
      // Gone is a value that has expired: a plain delete could take away what another node has counted meanwhile.
      const { memory, expiresAt } = wanted ?? { memory: {}, expiresAt: 0 }; // past whatever the clock says, also after it was put back
      if (await this.store.compareAndSet(BUCKET, key, entry?.version ?? null, memory, expiresAt)) return;
    }
    throw new OperationalStoreUnavailable('an attempt could not be counted: too many at once', 1);
  }
}
