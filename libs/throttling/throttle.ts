import { DomainError, TurnsByKey, type Clock } from '@rolebook/kernel';
import { OperationalStoreUnavailable, type Entry, type OperationalStore } from '@rolebook/operational-store';
import { Owed } from './owed';
import type { Kept, Memory, Policy, Refused } from './policy';
import { UnderWay } from './under-way';

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
/** Gone is a value that has expired, past whatever the clock says: a plain delete could take away what another node has counted meanwhile. */
const GONE = 0;
/** How long counting back waits for an attempt that would store it along with itself. A crash in that time leaves as many counted. */
const COUNT_BACK_MS = 100;

/** What is stored under a key, with all that is owed taken in. */
interface Standing {
  readonly key: string;
  readonly memory: Memory | null;
  /** Of a memory that counting back has made, and {@link GONE} where it left none. */
  readonly expiresAt: number;
  /** Of what is stored; `null`: nothing is. */
  readonly version: number | null;
  /** So many of those owed are taken in. */
  readonly paid: number;
}

/** An attempt that a limit has counted. */
interface Counted {
  readonly limit: Limit;
  /** Whether the next one must wait until this one is counted back. */
  readonly last: boolean;
}

/** The limit is full of attempts that are still being checked. */
interface FullForNow { readonly full: Limit }

/**
 * Limits attempts, exactly and durably: an attempt is counted in the operational store before it is checked, and counted back when it was right.
 * So neither many at once, nor many nodes, nor a restart gives a guess away. What a crash leaves half-done stays counted.
 * All its limits count an attempt at once. Counting back is owed: on this node it holds from the outcome on, and it is stored with the next
 * attempt or after {@link COUNT_BACK_MS}; before the answer, where the next attempt would have to wait for it.
 * Where a limit is full of attempts that are still being checked on this node, the next one waits for their outcome: they may all be right.
 */
export class Throttle {
  private readonly turns = new TurnsByKey();
  private readonly underWay = new UnderWay();
  private readonly owed = new Owed();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly store: OperationalStore, private readonly clock: Clock) {}

  /**
   * Makes one attempt, if all limits admit it; where several refuse, the first does. Waiting for one, it is counted by none.
   * @param check resolves to what being right gives, or to `null` for a wrong guess; where it throws, nothing was learned and the attempt is not counted
   * @throws {TooManyAttempts} where a limit is reached; the attempt counts for none
   * @throws {OperationalStoreUnavailable} where it could not be counted
   */
  async attempt<T extends object>(limits: readonly Limit[], check: () => Promise<T | null>): Promise<T | null> {
    const counted = await this.admit(limits);
    let outcome: T | null;
    try {
      outcome = await check();
    } catch (error) {
      await this.settle(counted, 'givenBack');
      throw error;
    }
    await this.settle(counted, outcome === null ? null : 'succeeded');
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

  /** Stores what is owed, before the process ends in order. Where the store does not take it, it stays counted. */
  async onModuleDestroy(): Promise<void> {
    clearTimeout(this.timer);
    await this.payAll();
  }

  private async admit(limits: readonly Limit[]): Promise<readonly Counted[]> {
    for (;;) {
      const admitted = await this.turns.takeAll(limits.map(({ key }) => key), () => this.tryToAdmit(limits));
      if (!('full' in admitted)) return admitted;
      await this.underWay.nextOutcome(admitted.full.key);
    }
  }

  /** Counts for all limits or for none, in the turn of all of them. @throws {TooManyAttempts} */
  private async tryToAdmit(limits: readonly Limit[]): Promise<readonly Counted[] | FullForNow> {
    const counted: Counted[] = [];
    try {
      for (let tries = 0; tries < TRIES; tries++) {
        const full = await this.countOnce(limits.filter((limit) => !counted.some((one) => one.limit === limit)), counted);
        if (counted.length === limits.length) return counted;
        if (full === null) continue;
        this.ends(counted, 'givenBack');
        return full;
      }
      throw new OperationalStoreUnavailable('an attempt could not be counted: too many at once', 1);
    } catch (error) {
      this.ends(counted, 'givenBack');
      throw error;
    }
  }

  /** @param counted takes up those that were; where it is not all and nothing is full, another node was quicker. @throws {TooManyAttempts} */
  private async countOnce(limits: readonly Limit[], counted: Counted[]): Promise<FullForNow | null> {
    const entries = await Promise.all(limits.map(({ key }) => this.store.get(BUCKET, key)));
    const now = this.clock.now();
    const admitted: { readonly limit: Limit; readonly standing: Standing; readonly kept: Kept }[] = [];
    for (const [at, limit] of limits.entries()) {
      const standing = this.standing(limit.key, entries[at]!, now);
      const verdict = limit.policy.admit(standing.memory, now);
      if (!verdict.admitted) return this.refuse(limit, standing, verdict);
      admitted.push({ limit, standing, kept: verdict });
    }
    // Under way from here on: what comes of another attempt meanwhile must not forget this one.
    for (const { key } of limits) this.underWay.begins(key);
    await allOrFirstFailure(admitted.map(async ({ limit, standing, kept }) => {
      let stored = false;
      try {
        stored = await this.keep(standing, kept);
      } finally {
        if (stored) counted.push({ limit, last: !limit.policy.admit(kept.memory, now).admitted });
        else this.underWay.ends(limit.key, false);
      }
    }));
    return null;
  }

  /** @returns `null` where another node was quicker: to be looked at anew. @throws {TooManyAttempts} */
  private async refuse(limit: Limit, standing: Standing, { retryAfterMs, memory, expiresAt }: Refused): Promise<FullForNow | null> {
    if (this.underWay.of(limit.key) > 0) return { full: limit };
    if (memory !== null && !(await this.keep(standing, { memory, expiresAt }))) return null;
    throw new TooManyAttempts(retryAfterMs, memory !== null);
  }

  /** @param how what being right, or never having been, does to the count; `null`: it stays counted */
  private async settle(counted: readonly Counted[], how: 'succeeded' | 'givenBack' | null): Promise<void> {
    this.ends(counted, how);
    if (how !== null) await this.pay(counted.filter(({ last }) => last).map(({ limit }) => limit.key));
  }

  private ends(counted: readonly Counted[], how: 'succeeded' | 'givenBack' | null): void {
    for (const { limit: { key, policy } } of counted) {
      const others = this.underWay.of(key) - 1;
      if (how !== null) this.owed.add(key, (memory, now) => policy[how](memory, now, others));
      this.underWay.ends(key, how !== null);
    }
    if (how !== null && counted.length > 0) this.timer ??= setTimeout(() => void this.payAll(), COUNT_BACK_MS).unref();
  }

  private payAll(): Promise<void> {
    this.timer = undefined;
    return this.pay(this.owed.keys());
  }

  /** Stores what is owed for the keys. What cannot be stored now is owed further. */
  private async pay(keys: readonly string[]): Promise<void> {
    await Promise.allSettled(keys.map((key) => this.turns.take(key, async () => {
      for (let tries = 0; tries < TRIES && this.owed.of(key).length > 0; tries++) {
        const standing = this.standing(key, await this.store.get(BUCKET, key), this.clock.now());
        await this.keep(standing, { memory: standing.memory ?? {}, expiresAt: standing.expiresAt });
      }
    })));
  }

  private standing(key: string, entry: Entry | null, now: number): Standing {
    const owed = this.owed.of(key);
    let memory = (entry?.value ?? null) as Memory | null;
    let expiresAt = GONE;
    for (const countBack of owed) {
      const kept = memory === null ? null : countBack(memory, now);
      memory = kept?.memory ?? null;
      expiresAt = kept?.expiresAt ?? GONE;
    }
    return { key, memory, expiresAt, version: entry?.version ?? null, paid: owed.length };
  }

  /**
   * Changes what stands, along with what is owed. Where the store fails, so that nobody knows whether it was stored, nothing of it is owed any more:
   * better counted for ever than counted back twice.
   * @returns whether it was; if not, another node was quicker
   */
  private async keep({ key, version, paid }: Standing, { memory, expiresAt }: Kept): Promise<boolean> {
    let stored: boolean | null = null;
    try {
      stored = await this.store.compareAndSet(BUCKET, key, version, memory, expiresAt);
      return stored;
    } finally {
      if (stored !== false) this.owed.paid(key, paid);
    }
  }
}

/** Waits for all of them, also where one fails. @throws what the first that failed did */
async function allOrFirstFailure(work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}
