import { isDuplicateKey, MongoConnection, type MongoTarget } from '@rolebook/mongodb';
import { Binary, type Collection, type CollectionOptions } from 'mongodb';
import { KeyStoreUnavailable, type KeyStore, type StoredSubjectKey } from '../port';
import { ownCopy } from '../secret-bytes';

const HALF_OF_A_PAIR = /\p{Surrogate}/u;
const MAJORITY_TIMEOUT_MS = 5_000;

/** A subject has one document for ever: with its key or, after that was destroyed, with the time. Never with both. */
interface StoredKey {
  readonly _id: string;
  readonly wrapped?: Binary;
  readonly destroyedAt?: string;
}

interface StoredSecret {
  readonly _id: string;
  readonly wrapped: Binary;
}

/**
 * Written to the disks of a majority before it counts; and nobody reads a key that could yet be rolled back, for an event sealed
 * with it would be lost with it.
 */
const DURABLE: CollectionOptions = { writeConcern: { w: 'majority', journal: true, wtimeoutMS: MAJORITY_TIMEOUT_MS }, readConcern: { level: 'majority' } };

/**
 * Opens the key store in a database of its own (usually the read models' name and `-keys`), so that it can be backed up, guarded
 * and restored apart from everything else. Its documents hold wrapped keys only, nothing in plain.
 *
 * After `destroy` no answer of MongoDB holds the key any more. Its bytes, wrapped by the master key, stay in free blocks, in the
 * journal and in the oplog until MongoDB writes over them, and in backups until they are thrown away: keep the oplog and the
 * backups of this database no longer than an erasure may take, and its volume encrypted.
 * @param target a database of its own, and the process's client or an address
 */
export async function openMongoKeyStore(target: MongoTarget): Promise<KeyStore> {
  const connection = new MongoConnection(target, (message, cause) => new KeyStoreUnavailable(`keys: ${message}`, 1, { cause }));
  const store = new MongoKeyStore(connection);
  try {
    await store.makeIndexes();
  } catch (error) {
    await connection.close();
    throw error;
  }
  return store;
}

class MongoKeyStore implements KeyStore {
  constructor(private readonly connection: MongoConnection) {}

  /** The ledger of erasures by time; living keys are not in it. */
  async makeIndexes(): Promise<void> {
    await this.keys((keys) => keys.createIndex({ destroyedAt: 1 }, { name: 'ledger', sparse: true }));
  }

  async getMany(subjects: readonly string[]): Promise<ReadonlyMap<string, StoredSubjectKey>> {
    const wanted = [...new Set(subjects)].map(checkedName);
    if (wanted.length === 0) return new Map();
    const found = await this.keys((keys) => keys.find({ _id: { $in: wanted } }).toArray());
    return new Map(found.map((stored) => [stored._id, keyOf(stored)]));
  }

  async putIfAbsent(subject: string, wrapped: Uint8Array): Promise<StoredSubjectKey> {
    const _id = checkedName(subject);
    // The winner's own answer and everybody else's are what stands there.
    const stored = await this.keys((keys) => unlessRaced(
      () => keys.findOneAndUpdate({ _id }, { $setOnInsert: { wrapped: new Binary(wrapped) } }, { upsert: true, returnDocument: 'after' }),
    ));
    return keyOf(stored);
  }

  async destroy(subject: string, at: string): Promise<void> {
    const _id = checkedName(subject);
    await this.keys((keys) => unlessRaced(async () => {
      const barred = await keys.findOneAndUpdate({ _id }, { $setOnInsert: { destroyedAt: at } }, { upsert: true, returnDocument: 'after' });
      if (barred?.destroyedAt === undefined) await keys.updateOne({ _id, destroyedAt: { $exists: false } }, { $set: { destroyedAt: at }, $unset: { wrapped: 1 } });
      return barred;
    }));
  }

  async destroyed(): Promise<readonly { readonly subject: string; readonly at: string }[]> {
    const entries = await this.keys((keys) => keys.find({ destroyedAt: { $exists: true } }).sort({ destroyedAt: 1, _id: 1 }).toArray());
    return entries.map(({ _id, destroyedAt = '' }) => ({ subject: _id, at: destroyedAt }));
  }

  async scan({ afterSubject, limit }: { readonly afterSubject?: string; readonly limit: number }): Promise<readonly { readonly subject: string; readonly wrapped: Uint8Array }[]> {
    const after = afterSubject === undefined ? {} : { _id: { $gt: afterSubject } };
    const found = await this.keys((keys) => keys.find({ wrapped: { $exists: true }, ...after }).sort({ _id: 1 }).limit(limit).toArray());
    return found.flatMap(({ _id, wrapped }) => (wrapped === undefined ? [] : [{ subject: _id, wrapped: bytesOf(wrapped) }]));
  }

  async rewrap(keys: readonly { readonly subject: string; readonly wrapped: Uint8Array }[]): Promise<void> {
    if (keys.length === 0) return;
    // A key that is destroyed meanwhile is not matched, and so not brought back.
    const operations = keys.map(({ subject, wrapped }) => ({
      updateOne: { filter: { _id: checkedName(subject), wrapped: { $exists: true } }, update: { $set: { wrapped: new Binary(wrapped) } } },
    }));
    await this.keys((stored) => stored.bulkWrite(operations, { ordered: false }));
  }

  async getSecret(name: string): Promise<Uint8Array | null> {
    const stored = await this.secrets((secrets) => secrets.findOne({ _id: checkedName(name) }));
    return stored === null ? null : bytesOf(stored.wrapped);
  }

  async putSecretIfAbsent(name: string, wrapped: Uint8Array): Promise<Uint8Array> {
    const _id = checkedName(name);
    const stored = await this.secrets((secrets) => unlessRaced(
      () => secrets.findOneAndUpdate({ _id }, { $setOnInsert: { wrapped: new Binary(wrapped) } }, { upsert: true, returnDocument: 'after' }),
    ));
    return bytesOf(stored.wrapped);
  }

  async putSecret(name: string, wrapped: Uint8Array): Promise<void> {
    const _id = checkedName(name);
    await this.secrets((secrets) => unlessRaced(
      () => secrets.findOneAndUpdate({ _id }, { $set: { wrapped: new Binary(wrapped) } }, { upsert: true, returnDocument: 'after' }),
    ));
  }

  async secretNames(): Promise<readonly string[]> {
    const found = await this.secrets((secrets) => secrets.find({}, { projection: { _id: 1 } }).sort({ _id: 1 }).toArray());
    return found.map(({ _id }) => _id);
  }

  async ping(): Promise<void> {
    await this.connection.ping();
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  private keys<Result>(work: (keys: Collection<StoredKey>) => Promise<Result>): Promise<Result> {
    return this.connection.run((db) => work(db.collection<StoredKey>('subject_keys', DURABLE)));
  }

  private secrets<Result>(work: (secrets: Collection<StoredSecret>) => Promise<Result>): Promise<Result> {
    return this.connection.run((db) => work(db.collection<StoredSecret>('secrets', DURABLE)));
  }
}

/** Does an upsert, and once more where another process inserted at the same moment: then there is a document to find. */
async function unlessRaced<Stored>(upsert: () => Promise<Stored | null>): Promise<Stored> {
  const stored = await upsert().catch((error: unknown) => {
    if (!isDuplicateKey(error)) throw error;
    return upsert();
  });
  if (stored === null) throw new Error('an upsert left nothing behind');
  return stored;
}

function keyOf({ wrapped, destroyedAt }: StoredKey): StoredSubjectKey {
  if (wrapped !== undefined) return { wrapped: bytesOf(wrapped) };
  if (destroyedAt !== undefined) return { destroyedAt };
  throw new Error('a stored key is neither there nor destroyed');
}

function bytesOf(binary: Binary): Uint8Array {
  return ownCopy(binary.value());
}

/** @throws {TypeError} for a name that UTF-8 cannot tell from another */
function checkedName(name: string): string {
  if (HALF_OF_A_PAIR.test(name)) throw new TypeError('a name must be well-formed Unicode');
  return name;
}
