import { Turns, type CollectionSpec, type Document } from '@rolebook/kernel';
import { isDuplicateKey, MongoConnection, UNHURRIED, type MongoTarget } from '@rolebook/mongodb';
import type { Db } from 'mongodb';
import { DocumentStoreUnavailable, type BulkLoad, type Collection, type DocumentStore, type Hold } from '../port';
import { loadsOf, type MongoBulkLoad } from './bulk-load';
import { layoutOf, shapeOf, type Facts, type Layout, type StoredDocument } from './layout';
import { MongoCollection } from './mongo-collection';

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** Read models may share a database with others. */
const PREFIX = 'documents_';

/**
 * The read models kept in MongoDB 6 to 8 (or what speaks its protocol), a collection each: `documents_user-directory-1` and so on.
 * No transactions are needed, nor a replica set. Any number of processes may write; a checkpoint is right as long as one
 * at a time projects a read model (see the lease of libs/operational-store).
 * @param target a database, and the process's client or an address
 */
export async function openMongoDocumentStore(target: MongoTarget): Promise<DocumentStore> {
  const connection = new MongoConnection(target, (message, cause) => new DocumentStoreUnavailable(`read models: ${message}`, 1, { cause }));
  return new MongoDocumentStore(connection);
}

class MongoDocumentStore implements DocumentStore {
  readonly #connection: MongoConnection;
  readonly #turns = new Map<string, Turns>();

  constructor(connection: MongoConnection) {
    this.#connection = connection;
  }

  /** @throws {Error} where the collection was made for other fields @throws {TypeError} for a name or a field that cannot be one */
  async open<Doc extends Document>(spec: CollectionSpec): Promise<Collection<Doc>> {
    const name = nameOf(spec.name);
    const layout = layoutOf(spec);
    await this.#connection.run(async (db) => {
      await claim(db, name, layout);
      // Again, or by many at once, changes nothing; on a collection that is in use it is built beside the writes.
      if (layout.indexes.length > 0) await db.collection<StoredDocument>(name).createIndexes([...layout.indexes], UNHURRIED);
    });
    const turns = this.#turns.get(name) ?? new Turns();
    this.#turns.set(name, turns);
    return new MongoCollection<Doc>(spec, { connection: this.#connection, name, turns });
  }

  async list(): Promise<readonly string[]> {
    const all = await this.#connection.run((db) => db.listCollections({}, { nameOnly: true }).toArray());
    return all.flatMap(({ name }) => (name.startsWith(PREFIX) && NAME.test(name.slice(PREFIX.length)) ? [name.slice(PREFIX.length)] : [])).sort();
  }

  async drop(name: string): Promise<void> {
    const collection = nameOf(name);
    await this.#connection.run(async (db) => {
      for (const one of [collection, ...(await loadsOf(db, collection))]) await db.dropCollection(one);
    });
  }

  /** Keeps nobody away: one who writes here meanwhile may write to the new collection what came of reading the old one. */
  async hold(loads: readonly Pick<BulkLoad, 'spec'>[]): Promise<Hold> {
    const held = loads as readonly MongoBulkLoad<Document>[];
    const checkpoints = new Map<string, number>();
    for (const { name, spec } of held) {
      const facts = await this.#connection.run((db) => db.collection<Facts>(name).findOne({ _id: 0 }));
      checkpoints.set(spec.name, facts?.checkpoint ?? 0);
    }
    return {
      checkpoints,
      replace: async () => { for (const load of held) await load.replace(); },
      release: async () => undefined,
    };
  }

  /**
   * Drops all loads, since one that was left cannot be told from one under way: that one fails, and is begun again. Nothing else: a document that
   * is replaced or removed is gone from every answer at once, but when its bytes are written over, in free blocks, journal and oplog, is
   * MongoDB's own affair, and no command decides it. An installation that must promise more encrypts the volume, keeps the oplog
   * short, and runs `compact` on the secondaries.
   */
  async scrub(): Promise<void> {
    await this.#connection.run(async (db) => {
      for (const load of await loadsOf(db)) if (load.startsWith(PREFIX)) await db.dropCollection(load);
    });
  }

  async ping(): Promise<void> {
    await this.#connection.ping();
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }
}

/** @throws {TypeError} where the name could be another collection's */
function nameOf(name: string): string {
  if (!NAME.test(name)) throw new TypeError(`a collection is named like user-directory-1, not ${JSON.stringify(name)}`);
  return PREFIX + name;
}

/** Writes down what the collection is made for, or checks it: the same name with other fields is another read model. */
async function claim(db: Db, name: string, layout: Layout): Promise<void> {
  const facts = db.collection<Facts>(name);
  const shape = shapeOf(layout);
  try {
    await facts.insertOne({ _id: 0, checkpoint: 0, shape });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error; // it exists already
  }
  const known = await facts.findOne({ _id: 0 });
  if (known?.shape !== shape) throw new Error(`${layout.spec.name} exists with other fields: raise the version in its name and rebuild it`);
}
