import type { Clock, Json } from '@rolebook/kernel';
import { checkedKey, type Entry, type OperationalStore } from './port';

interface Kept {
  readonly json: string;
  readonly version: number;
  readonly expiresAt: number | null;
}

/** Operational state in memory, for unit tests and simulation. Values are kept as JSON, so nobody holds a reference into it. */
export class InMemoryOperationalStore implements OperationalStore {
  readonly #buckets = new Map<string, Map<string, Kept>>();
  #version = 0;

  constructor(private readonly clock: Clock) {}

  async get(bucket: string, key: string): Promise<Entry | null> {
    const kept = this.#live(bucket, key);
    return kept === null ? null : entryOf(key, kept);
  }

  async compareAndSet(bucket: string, key: string, version: number | null, value: Json, expiresAt: number | null): Promise<boolean> {
    if ((this.#live(bucket, key)?.version ?? null) !== version) return false;
    this.#set(bucket, key, value, expiresAt);
    return true;
  }

  async putMany(bucket: string, entries: readonly { readonly key: string; readonly value: Json; readonly expiresAt: number | null }[]): Promise<void> {
    for (const { key } of entries) checkedKey(key);
    for (const { key, value, expiresAt } of entries) this.#set(bucket, key, value, expiresAt);
  }

  async delete(bucket: string, key: string): Promise<void> {
    this.#bucket(bucket).delete(checkedKey(key));
  }

  async scan(bucket: string, { afterKey, limit }: { readonly afterKey?: string; readonly limit: number }): Promise<readonly Entry[]> {
    const keys = [...this.#bucket(bucket).keys()].filter((key) => afterKey === undefined || byCodePoint(key, afterKey) > 0).sort(byCodePoint);
    const live = keys.flatMap((key) => {
      const kept = this.#live(bucket, key);
      return kept === null ? [] : [entryOf(key, kept)];
    });
    return live.slice(0, limit);
  }

  async sweep(): Promise<void> {
    for (const [name, bucket] of this.#buckets) {
      for (const key of bucket.keys()) if (this.#live(name, key) === null) bucket.delete(key);
    }
  }

  async ping(): Promise<void> {}
  async close(): Promise<void> {}

  #set(bucket: string, key: string, value: Json, expiresAt: number | null): void {
    this.#bucket(bucket).set(checkedKey(key), { json: JSON.stringify(value), version: ++this.#version, expiresAt });
  }

  #live(bucket: string, key: string): Kept | null {
    const kept = this.#bucket(bucket).get(checkedKey(key));
    return kept === undefined || (kept.expiresAt !== null && kept.expiresAt <= this.clock.now()) ? null : kept;
  }

  #bucket(name: string): Map<string, Kept> {
    const bucket = this.#buckets.get(name) ?? new Map<string, Kept>();
    this.#buckets.set(name, bucket);
    return bucket;
  }
}

function entryOf(key: string, { json, version }: Kept): Entry {
  return { key, value: JSON.parse(json) as Json, version };
}

function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
