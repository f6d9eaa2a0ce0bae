import type { Json } from '@rolebook/kernel';

/** What a limit remembers; JSON, kept in the operational store. */
export type Memory = { readonly [key: string]: Json };

/** A memory, and until when it is worth keeping. */
export interface Kept<M = Memory> { readonly memory: M; readonly expiresAt: number }

/** An attempt that must wait. */
export interface Refused<M = Memory> {
  readonly admitted: false;
  readonly retryAfterMs: number;
  /** To be stored where this is the first refusal of this wait, `null` otherwise. */
  readonly memory: M | null;
  readonly expiresAt: number;
}

/** What becomes of an attempt: it may go on, and is counted from now; or it must wait. */
export type Verdict<M = Memory> = ({ readonly admitted: true } & Kept<M>) | Refused<M>;

/**
 * A rule of throttling, pure. An attempt is counted before it is checked, so that a hundred at once are as many as a hundred in a row.
 * Times are milliseconds since the epoch.
 */
export interface Policy<M extends Memory = Memory> {
  admit(memory: M | null, now: number): Verdict<M>;
  /** The attempt was right, while `others` are still being checked and stay counted. `null` forgets everything. */
  succeeded(memory: M, now: number, others: number): Kept<M> | null;
  /** The attempt was never checked: as if it had not been. */
  givenBack(memory: M, now: number): Kept<M> | null;
}

interface Consecutive extends Memory {
  readonly failures: number;
  /** No attempt before this moment. */
  readonly until: number;
  /** Whether a refusal was noted since the last attempt. */
  readonly noted: boolean;
}

const DAY = 24 * 3600 * 1000;
/** How long failures in a row are remembered after the last one. */
const REMEMBERED_MS = 400 * DAY;

/**
 * Failures in a row, after NIST SP 800-63B-4, section 3.2.2: some are free, then each costs a wait that doubles from 30 seconds to an hour, and
 * after a hundred there is none left until something else - another way in, a new secret - clears them. Being right clears them too.
 */
export function consecutiveFailures({ free = 10, most = 100, firstWaitMs = 30_000, longestWaitMs = 3600_000 } = {}): Policy<Consecutive> {
  const until = (failures: number, now: number) => {
    if (failures < free) return 0;
    if (failures >= most) return Number.MAX_SAFE_INTEGER;
    return now + Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(failures - free, 40));
  };
  const kept = (failures: number, { until: before, noted }: Consecutive, now: number) =>
    (failures <= 0 ? null : { memory: { failures, until: failures < free ? 0 : before, noted }, expiresAt: now + REMEMBERED_MS });
  return {
    admit(memory, now) {
      const before = memory ?? { failures: 0, until: 0, noted: false };
      const expiresAt = now + REMEMBERED_MS;
      if (now < before.until) return { admitted: false, retryAfterMs: Math.min(before.until - now, DAY), memory: before.noted ? null : { ...before, noted: true }, expiresAt };
      const failures = before.failures + 1;
      return { admitted: true, memory: { failures, until: until(failures, now), noted: false }, expiresAt };
    },
    succeeded: (memory, now, others) => kept(Math.min(others, memory.failures - 1), memory, now),
    givenBack: (memory, now) => kept(memory.failures - 1, memory, now),
  };
}

interface Level extends Memory {
  /** How much was spent, as of `at`; it flows off evenly. */
  readonly spent: number;
  readonly at: number;
  readonly noted: boolean;
}

/**
 * So many failures in a time, whosever they are: a leaky bucket. Being right gives the attempt back and forgets no other, so that
 * somebody who knows one password buys no guesses at others with it.
 */
export function failureRate({ capacity, perMs }: { readonly capacity: number; readonly perMs: number }): Policy<Level> {
  const drip = perMs / capacity;
  const level = (memory: Level | null, now: number) => (memory ? Math.max(0, memory.spent - Math.max(0, now - memory.at) / drip) : 0);
  const kept = (spent: number, now: number) => (spent <= 0 ? null : { memory: { spent, at: now, noted: false }, expiresAt: now + Math.ceil(spent * drip) });
  return {
    admit(memory, now) {
      const spent = level(memory, now);
      if (spent + 1 <= capacity) return { admitted: true, memory: { spent: spent + 1, at: now, noted: false }, expiresAt: now + Math.ceil((spent + 1) * drip) };
      const noted = memory?.noted === true;
      return { admitted: false, retryAfterMs: Math.ceil((spent + 1 - capacity) * drip), memory: noted ? null : { spent, at: now, noted: true }, expiresAt: now + Math.ceil(spent * drip) };
    },
    succeeded: (memory, now) => kept(level(memory, now) - 1, now),
    givenBack: (memory, now) => kept(level(memory, now) - 1, now),
  };
}
