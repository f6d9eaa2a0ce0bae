import type { Json } from '@rolebook/kernel';

/** A value, with a version that every change of it raises. */
export interface Entry {
  readonly key: string;
  readonly value: Json;
  readonly version: number;
}

/**
 * Small durable state that is no event: throttling counters, idempotency records, last seen.
 * Buckets keep the uses apart. From `expiresAt` on (milliseconds since the epoch) an entry reads as absent.
 * Keys are well-formed Unicode and sort by code point.
 * What is acknowledged is durable. Every adapter passes `operational-store.contract.ts`.
 */
export interface OperationalStore {
  get(bucket: string, key: string): Promise<Entry | null>;
  /**
   * Sets the value if the entry is at `version` (`null`: absent or expired).
   * @returns whether it was; exactly one of many racing callers wins
   */
  compareAndSet(bucket: string, key: string, version: number | null, value: Json, expiresAt: number | null): Promise<boolean>;
  /** Sets many, whatever stands there. */
  putMany(bucket: string, entries: readonly { readonly key: string; readonly value: Json; readonly expiresAt: number | null }[]): Promise<void>;
  delete(bucket: string, key: string): Promise<void>;
  /** Live entries in order of their keys. */
  scan(bucket: string, options: { readonly afterKey?: string; readonly limit: number }): Promise<readonly Entry[]>;
  /** Forgets what has expired. */
  sweep(): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The store cannot be read or written. Whether a change was stored may be unknown. */
export class OperationalStoreUnavailable extends Error {
  override readonly name = 'OperationalStoreUnavailable';
  constructor(message: string, readonly retryAfterSeconds = 1, options?: ErrorOptions) {
    super(message, options);
  }
}

const HALF_OF_A_PAIR = /\p{Surrogate}/u;

/** @throws {TypeError} for a key that would be stored as another one */
export function checkedKey(key: string): string {
  if (HALF_OF_A_PAIR.test(key)) throw new TypeError('a key must be well-formed Unicode');
  return key;
}
