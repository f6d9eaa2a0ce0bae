import { DomainError, type Clock } from '@rolebook/kernel';
import { OperationalStoreUnavailable, type Entry, type OperationalStore } from '@rolebook/operational-store';
import type { Memory, Policy } from './policy';

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
/** Nodes that change one entry at once take turns by trying; this many turns are lost in no healthy installation. */
const TRIES = 100;

type Change = (memory: Memory | null, now: number) => { readonly set: { readonly memory: Memory; readonly expiresAt: number } | 'forget' | 'keep'; readonly refusal?: TooManyAttempts };

/**
 * Limits attempts, exactly and durably: an attempt is counted in the operational store before it is checked, and counted back when it was right.
 * So neither many at once, nor many nodes, nor a restart gives a guess away. What a crash leaves half-done stays counted.
 */
export class Throttle {
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(private readonly store: OperationalStore, private readonly clock: Clock) {}

  /**
   * Makes one attempt, if all limits admit it.
   * @param check resolves to what being right gives, or to `null` for a wrong guess; where it throws, nothing was learned and the attempt is not counted
   * @throws {TooManyAttempts} where a limit is reached; the attempt counts for none
   */
  async attempt<T extends object>(limits: readonly Limit[], check: () => Promise<T | null>): Promise<T | null> {
    const admitted: Limit[] = [];
    const giveBack = () => Promise.all(admitted.map((limit) => this.change(limit, givenBack(limit.policy))));
    let outcome: T | null;
    try {
      for (const limit of limits) {
        await this.change(limit, admit(limit.policy));
        admitted.push(limit);
      }
      outcome = await check();
    } catch (error) {
      await giveBack();
      throw error;
    }
    if (outcome !== null) await Promise.all(admitted.map((limit) => this.change(limit, succeeded(limit.policy))));
    return outcome;
  }

  /** Counts something that has no right or wrong, such as a letter asked for. @throws {TooManyAttempts} */
  async count(limits: readonly Limit[]): Promise<void> {
    await this.attempt(limits, async () => null);
  }

  /** Forgets what was counted: the secret that was guessed at is another one now. */
  async forget(keys: readonly string[]): Promise<void> {
    await Promise.all(keys.map((key) => this.store.delete(BUCKET, key)));
  }

  /** Changes of one limit take turns on this node, so that only other nodes make a try fail. */
  private async change(limit: Limit, change: Change): Promise<void> {
    const before = this.turns.get(limit.key) ?? Promise.resolve();
    const mine = before.then(() => this.compareAndChange(limit.key, change));
    const settled = mine.catch(() => undefined);
    this.turns.set(limit.key, settled);
    try {
      await mine;
    } finally {
      if (this.turns.get(limit.key) === settled) this.turns.delete(limit.key);
    }
  }

  private async compareAndChange(key: string, change: Change): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      const entry = await this.store.get(BUCKET, key);
      const { set, refusal } = change((entry?.value ?? null) as Memory | null, this.clock.now());
      if (await this.done(key, entry, set)) {
        if (refusal) throw refusal;
        return;
      }
    }
    throw new OperationalStoreUnavailable('an attempt could not be counted: too many at once', 1);
  }

  private async done(key: string, entry: Entry | null, set: ReturnType<Change>['set']): Promise<boolean> {
    if (set === 'keep' || (set === 'forget' && entry === null)) return true;
    if (set !== 'forget') return this.store.compareAndSet(BUCKET, key, entry?.version ?? null, set.memory, set.expiresAt);
    // Forgotten by a value that has expired: a plain delete could take away what another node has counted meanwhile.
    return this.store.compareAndSet(BUCKET, key, entry?.version ?? null, {}, this.clock.now());
  }
}

function admit(policy: Policy): Change {
  return (memory, now) => {
    const verdict = policy.admit(memory, now);
    const set = verdict.memory === null ? 'keep' as const : { memory: verdict.memory, expiresAt: verdict.expiresAt };
    return verdict.admitted ? { set } : { set, refusal: new TooManyAttempts(verdict.retryAfterMs, verdict.memory !== null) };
  };
}

const succeeded = (policy: Policy): Change => (memory, now) => ({ set: memory === null ? 'keep' : policy.succeeded(memory, now) ?? 'forget' });
const givenBack = (policy: Policy): Change => (memory, now) => ({ set: memory === null ? 'keep' : policy.givenBack(memory, now) ?? 'forget' });
