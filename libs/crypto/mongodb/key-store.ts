import { DURABLE, isDuplicateKey, MongoConnection, type MongoTarget } from '@rolebook/mongodb';
import { Binary, type Collection, type CollectionOptions, type Filter, type OptionalUnlessRequiredId } from 'mongodb';
import { KeyStoreUnavailable, type KeyStore, type StoredSubjectKey } from '../port';
import { ownCopy } from '../secret-bytes';

const HALF_OF_A_PAIR = /\p{Surrogate}/u;

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
const KEPT: CollectionOptions = { writeConcern: DURABLE, readConcern: { level: 'majority' } };

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
    return keyOf(await this.keys((keys) => insertIfAbsent(keys, { _id: checkedName(subject), wrapped: new Binary(wrapped) })));
  }

  async destroy(subject: string, at: string): Promise<void> {
    const _id = checkedName(subject);
    await this.keys(async (keys) => {
      const standing = await insertIfAbsent<StoredKey>(keys, { _id, destroyedAt: at });
      // The first time stays, also where another caller destroys it between these two.
      if (standing.destroyedAt === undefined) await keys.updateOne({ _id, destroyedAt: { $exists: false } }, { $set: { destroyedAt: at }, $unset: { wrapped: 1 } });
    });
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
    const stored = await this.secrets((secrets) => insertIfAbsent(secrets, { _id: checkedName(name), wrapped: new Binary(wrapped) }));
    return bytesOf(stored.wrapped);
  }

  async putSecret(name: string, wrapped: Uint8Array): Promise<void> {
    const _id = checkedName(name);
    const secret = new Binary(wrapped);
    await this.secrets(async (secrets) => {
      await insertIfAbsent<StoredSecret>(secrets, { _id, wrapped: secret });
      await secrets.updateOne({ _id }, { $set: { wrapped: secret } });
    });
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
    return this.connection.run((db) => work(db.collection<StoredKey>('subject_keys', KEPT)));
  }

  private secrets<Result>(work: (secrets: Collection<StoredSecret>) => Promise<Result>): Promise<Result> {
    return this.connection.run((db) => work(db.collection<StoredSecret>('secrets', KEPT)));
  }
}

/**
 * Inserts a document, or fails by the `_id` and changes nothing: a bare insert is the one write that no server lets two callers win
 * (DocumentDB lets racing `findOneAndUpdate` upserts overwrite each other).
 * @returns what stands there now, written to a majority: also the failing insert waits for what was written before it
 */
async function insertIfAbsent<Stored extends { readonly _id: string }>(collection: Collection<Stored>, document: Stored): Promise<Stored> {
  try {
    await collection.insertOne(document as OptionalUnlessRequiredId<Stored>);
    return document;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  const standing = await collection.findOne({ _id: document._id } as Filter<Stored>);
  if (standing === null) throw new KeyStoreUnavailable('keys: what another node has just stored is not on a majority of the servers yet');
  return standing as unknown as Stored;
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
