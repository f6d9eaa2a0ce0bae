import type { Json } from '@rolebook/kernel';

/** A value, with a version that every change of it raises. */
export interface Entry {
  readonly key: string;
  readonly value: Json;
  readonly version: number;
}

/**
 * Small durable state that is no event: throttling counters, idempotency records, last seen.
 * Buckets keep the uses apart. Entries past `expiresAt` (milliseconds since the epoch) read as absent.
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
