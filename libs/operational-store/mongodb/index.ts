import { randomInt } from 'node:crypto';
import type { Clock, Json } from '@rolebook/kernel';
import { bulkWrite, DURABLE, isDuplicateKey, MongoConnection, type MongoTarget } from '@rolebook/mongodb';
import type { AnyBulkWriteOperation, Collection, Filter } from 'mongodb';
import { checkedKey, OperationalStoreUnavailable, type Entry, type OperationalStore } from '../port';

const COLLECTION = 'operational';
/** Between bucket and key in an `_id`; a bucket has no such letter. */
const SEPARATOR = '\u0001';
const AFTER_SEPARATOR = '\u0002';
const BUCKET = /^[^\0-\u001f]*$/;
const LOW = /[\0\u0001]/g;
const ESCAPED = /\u0001([\u0001\u0002])/g;
/** How long after its end an entry is left for `sweep`, before MongoDB deletes it itself: longer than clocks of nodes ever differ. */
const GRACE_MS = 3_600_000;
/**
 * A new entry starts at a version nobody can have seen: an entry that was deleted and made again is not taken for the old one, and
 * no count that all entries share has to be kept. Changes add 1, so it stays far below 2^53.
 */
const FIRST_VERSIONS = 2 ** 48 - 1;

interface StoredEntry {
  /** Bucket, separator, key: the one index serves both reads and scans. UTF-8 sorts by code point, as the port asks. */
  readonly _id: string;
  readonly json: string;
  readonly version: number;
  /** Milliseconds since the epoch, by the clock of whoever wrote it; none: it stays. */
  readonly expiresAt?: number;
  /** When MongoDB deletes it by its own clock. */
  readonly sweptAt?: Date;
}

/**
 * Opens the operational state kept in MongoDB 6 to 8 (or what speaks its protocol), in the collection `operational`. Any number of
 * processes share it. A change counts once a majority has it in its journal. No transactions.
 * @param target a database, and the process's client or an address
 * @param clock decides what has expired; MongoDB's TTL index only tidies up, an hour later
 */
export async function openMongoOperationalStore({ clock, ...target }: MongoTarget & { readonly clock: Clock }): Promise<OperationalStore> {
  const connection = new MongoConnection(target, (message, cause) => new OperationalStoreUnavailable(`operational state: ${message}`, 1, { cause }));
  const store = new MongoOperationalStore(connection, clock);
  try {
    await store.makeIndexes();
  } catch (error) {
    await connection.close();
    throw error;
  }
  return store;
}

class MongoOperationalStore implements OperationalStore {
  constructor(private readonly connection: MongoConnection, private readonly clock: Clock) {}

  async makeIndexes(): Promise<void> {
    await this.run((entries) => entries.createIndexes([
      { name: 'expiring', key: { expiresAt: 1 }, sparse: true },
      { name: 'swept', key: { sweptAt: 1 }, sparse: true, expireAfterSeconds: 0 },
    ]));
  }

  async get(bucket: string, key: string): Promise<Entry | null> {
    const _id = idOf(bucket, key);
    const stored = await this.run((entries) => entries.findOne({ _id, ...this.live() }));
    return stored === null ? null : entryOf(bucket, stored);
  }

  async compareAndSet(bucket: string, key: string, version: number | null, value: Json, expiresAt: number | null): Promise<boolean> {
    const _id = idOf(bucket, key);
    const content = this.contentOf(value, expiresAt);
    if (version === null) return this.make(_id, content);
    const unset = expiresAt === null ? { $unset: { expiresAt: 1, sweptAt: 1 } as const } : {};
    const { matchedCount } = await this.run((entries) => entries.updateOne({ _id, version, ...this.live() }, { $set: content, $inc: { version: 1 }, ...unset }));
    return matchedCount === 1;
  }

  /** In the place of nothing or of what has expired. Where something lives the upsert becomes an insert, and fails by the `_id`. */
  private async make(_id: string, content: Omit<StoredEntry, '_id' | 'version'>): Promise<boolean> {
    const expired: Filter<StoredEntry> = { _id, expiresAt: { $lte: this.clock.now() } };
    try {
      await this.run((entries) => entries.replaceOne(expired, { ...content, version: randomInt(1, FIRST_VERSIONS) }, { upsert: true }));
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  async putMany(bucket: string, entries: readonly { readonly key: string; readonly value: Json; readonly expiresAt: number | null }[]): Promise<void> {
    // The last of each key, in order, so that two callers never lock the same entries the other way round.
    const latest = new Map(entries.map(({ key, value, expiresAt }) => [idOf(bucket, key), this.contentOf(value, expiresAt)]));
    let operations = [...latest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([_id, content]) => putOf(_id, content));
    // Where another caller inserted at the same moment, there is an entry to change now, unless it is deleted again.
    while (operations.length > 0) {
      const { duplicates } = await this.run((stored) => bulkWrite(stored, operations));
      operations = duplicates.flatMap((at) => operations[at] ?? []);
    }
  }

  async delete(bucket: string, key: string): Promise<void> {
    const _id = idOf(bucket, key);
    await this.run((entries) => entries.deleteOne({ _id }));
  }

  async scan(bucket: string, { afterKey, limit }: { readonly afterKey?: string; readonly limit: number }): Promise<readonly Entry[]> {
    const start = afterKey === undefined ? { $gte: idOf(bucket, '') } : { $gt: idOf(bucket, afterKey) };
    const range: Filter<StoredEntry> = { _id: { ...start, $lt: bucket + AFTER_SEPARATOR }, ...this.live() };
    const found = await this.run((entries) => entries.find(range).sort({ _id: 1 }).limit(limit).toArray());
    return found.map((stored) => entryOf(bucket, stored));
  }

  async sweep(): Promise<void> {
    await this.run((entries) => entries.deleteMany({ expiresAt: { $lte: this.clock.now() } }));
  }

  async ping(): Promise<void> {
    await this.connection.ping();
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  /** What has no end, or one ahead. */
  private live(): Filter<StoredEntry> {
    return { expiresAt: { $not: { $lte: this.clock.now() } } };
  }

  private contentOf(value: Json, expiresAt: number | null): Omit<StoredEntry, '_id' | 'version'> {
    const json = JSON.stringify(value);
    if (expiresAt === null) return { json };
    // MongoDB goes by the real time, whatever the clock that was given says, so the two are brought together here.
    return { json, expiresAt, sweptAt: new Date(Date.now() + Math.max(0, expiresAt - this.clock.now()) + GRACE_MS) };
  }

  private run<Result>(work: (entries: Collection<StoredEntry>) => Promise<Result>): Promise<Result> {
    return this.connection.run((db) => work(db.collection<StoredEntry>(COLLECTION, { writeConcern: DURABLE })));
  }
}

/** Sets an entry whatever stands there, and raises the version that it has. */
function putOf(_id: string, { json, expiresAt, sweptAt }: Omit<StoredEntry, '_id' | 'version'>): AnyBulkWriteOperation<StoredEntry> {
  const content = expiresAt === undefined ? { json: { $literal: json } } : { json: { $literal: json }, expiresAt, sweptAt };
  const version = { $add: [{ $ifNull: ['$version', randomInt(1, FIRST_VERSIONS)] }, 1] };
  const update = [{ $set: { ...content, version } }, ...(expiresAt === undefined ? [{ $unset: ['expiresAt', 'sweptAt'] }] : [])];
  return { updateOne: { filter: { _id }, update, upsert: true } };
}

function idOf(bucket: string, key: string): string {
  if (!BUCKET.test(bucket)) throw new TypeError('the name of a bucket has no control characters');
  // Not every server compares what follows a NUL: it is escaped, in a way that keeps the order.
  return checkedKey(bucket) + SEPARATOR + checkedKey(key).replace(LOW, (letter) => `\u0001${String.fromCharCode(letter.charCodeAt(0) + 1)}`);
}

function keyOf(bucket: string, _id: string): string {
  return _id.slice(bucket.length + 1).replace(ESCAPED, (_, letter: string) => String.fromCharCode(letter.charCodeAt(0) - 1));
}

function entryOf(bucket: string, { _id, json, version }: StoredEntry): Entry {
  return { key: keyOf(bucket, _id), value: JSON.parse(json) as Json, version };
}
