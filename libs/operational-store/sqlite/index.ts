import Database from 'better-sqlite3';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Clock, Json } from '@rolebook/kernel';
import { asUnusable } from '@rolebook/sqlite-files';
import { checkedKey, OperationalStoreUnavailable, type Entry, type OperationalStore } from '../port';
import { ChangeQueue } from './change-queue';
import { OperationalDatabase } from './operational-database';

const BUSY_TIMEOUT_MS = 1000;
const LIVE = '(expires_at IS NULL OR expires_at > ?)';

type Row = readonly [key: string, json: string, version: number];

/**
 * Opens the operational state kept in a SQLite file, made where it is missing. Reads happen on the calling thread, changes in a
 * thread of its own, where many share an fsync. Other processes on this machine may have it open too.
 * @param options.clock decides what has expired
 * @throws {DatabaseUnusable} where it cannot serve; the message says what to do
 */
export async function openSqliteOperationalStore({ file, clock }: { readonly file: string; readonly clock: Clock }): Promise<OperationalStore> {
  const path = resolve(file);
  try {
    await mkdir(dirname(path), { recursive: true });
    new OperationalDatabase(path).close();
    return new SqliteOperationalStore(path, clock);
  } catch (error) {
    throw asUnusable(error, `The operational state ${path}`, 'Restore it from a backup; without one, remove it: throttling and idempotency keys are forgotten then, and mails of the whole log go out again.');
  }
}

class SqliteOperationalStore implements OperationalStore {
  readonly #clock: Clock;
  readonly #queue: ChangeQueue;
  readonly #db: Database.Database;
  readonly #statements;

  constructor(file: string, clock: Clock) {
    this.#clock = clock;
    this.#queue = new ChangeQueue(file);
    this.#db = new Database(file, { readonly: true, timeout: BUSY_TIMEOUT_MS });
    this.#statements = {
      get: this.#db.prepare<[string, string, number], Row>(`SELECT key, json, version FROM entries WHERE bucket = ? AND key = ? AND ${LIVE}`).raw(),
      scan: this.#db.prepare<[string, string, number, number], Row>(`SELECT key, json, version FROM entries WHERE bucket = ? AND key > ? AND ${LIVE} ORDER BY key LIMIT +?`).raw(),
      first: this.#db.prepare<[string, number, number], Row>(`SELECT key, json, version FROM entries WHERE bucket = ? AND ${LIVE} ORDER BY key LIMIT +?`).raw(),
    };
  }

  async get(bucket: string, key: string): Promise<Entry | null> {
    const row = this.#read(() => this.#statements.get.get(bucket, checkedKey(key), this.#clock.now()));
    return row === undefined ? null : entryOf(row);
  }

  async compareAndSet(bucket: string, key: string, version: number | null, value: Json, expiresAt: number | null): Promise<boolean> {
    return this.#queue.make({ change: 'compare-and-set', bucket, key: checkedKey(key), version, json: JSON.stringify(value), expiresAt, now: this.#clock.now() });
  }

  async putMany(bucket: string, entries: readonly { readonly key: string; readonly value: Json; readonly expiresAt: number | null }[]): Promise<void> {
    if (entries.length === 0) return;
    await this.#queue.make({ change: 'put', bucket, entries: entries.map(({ key, value, expiresAt }) => [checkedKey(key), JSON.stringify(value), expiresAt]) });
  }

  async delete(bucket: string, key: string): Promise<void> {
    await this.#queue.make({ change: 'delete', bucket, key: checkedKey(key) });
  }

  async scan(bucket: string, { afterKey, limit }: { readonly afterKey?: string; readonly limit: number }): Promise<readonly Entry[]> {
    const now = this.#clock.now();
    const { scan, first } = this.#statements;
    return this.#read(() => (afterKey === undefined ? first.all(bucket, now, limit) : scan.all(bucket, afterKey, now, limit))).map(entryOf);
  }

  async sweep(): Promise<void> {
    await this.#queue.make({ change: 'sweep', now: this.#clock.now() });
  }

  async ping(): Promise<void> {
    this.#queue.assertOpen();
    this.#read(() => this.#statements.first.all('', 0, 1));
  }

  async close(): Promise<void> {
    this.#db.close();
    await this.#queue.close();
  }

  #read<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (cause) {
      if (cause instanceof TypeError && this.#db.open) throw cause;
      throw new OperationalStoreUnavailable(`operational state cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, 1, { cause });
    }
  }
}

function entryOf([key, json, version]: Row): Entry {
  return { key, value: JSON.parse(json) as Json, version };
}
