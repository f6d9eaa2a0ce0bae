import { randomBytes } from 'node:crypto';
import type { Document } from '@rolebook/kernel';
import { DURABLE, type MongoConnection } from '@rolebook/mongodb';
import type { Collection as MongoCollectionHandle, Db } from 'mongodb';
import { ContentSum } from '../content-sum';
import { planPage } from '../plan';
import type { BulkLoad, Collection, DocumentWrite, FindOptions } from '../port';
import { pageIndex, shapeOf, type Facts, type Layout, type StoredDocument } from './layout';
import { encodeWrite } from './stored-document';

const SLICE = 500;
const MARK = '_loading_';

/** Collections that loads of this one are filled in: of the one under way, or left by those that died. */
export async function loadsOf(db: Db, name: string): Promise<readonly string[]> {
  const all = await db.listCollections({}, { nameOnly: true }).toArray();
  return all.map((one) => one.name).filter((one) => one.startsWith(`${name}${MARK}`));
}

/**
 * Fills a collection beside the one it is for, and at the end puts it in that one's place by renaming it: whoever reads sees all
 * of it or nothing. Indexes come last, which is several times quicker than keeping them up to date for each document.
 *
 * A new load drops what is left of earlier ones. Should an earlier one be still alive, it finds its facts gone and gives up.
 */
export class MongoBulkLoad<Doc extends Document> implements BulkLoad<Doc> {
  private readonly added = new ContentSum();
  /** Of what was replaced by a later one with its id. */
  private readonly replaced = new ContentSum();
  private prepared: Collection<Doc> | null = null;
  /** Whether anybody has read what was added: before, no id comes twice. */
  private wasRead = false;

  private constructor(private readonly connection: MongoConnection, readonly name: string, private readonly loading: string, private readonly layout: Layout, private readonly as: (name: string) => Collection<Doc>) {}

  /** @param as a collection of the database as one of the store's */
  static async start<Doc extends Document>(connection: MongoConnection, name: string, layout: Layout, as: (name: string) => Collection<Doc>): Promise<MongoBulkLoad<Doc>> {
    const load = new MongoBulkLoad<Doc>(connection, name, `${name}${MARK}${randomBytes(6).toString('hex')}`, layout, as);
    await connection.run(async (db) => {
      for (const abandoned of await loadsOf(db, name)) await db.dropCollection(abandoned);
      await db.collection<Facts>(load.loading).insertOne({ _id: 0, checkpoint: 0, shape: shapeOf(layout) });
    });
    return load;
  }

  get spec(): Layout['spec'] { return this.layout.spec; }

  async add(documents: readonly DocumentWrite<Doc>[]): Promise<void> {
    for (let at = 0; at < documents.length; at += SLICE) {
      const stored = documents.slice(at, at + SLICE).map((write) => encodeWrite(this.layout, write));
      for (const { _id, position, json } of stored) this.added.add(_id, position, json ?? null);
      if (this.wasRead) await this.takeBack(stored.map(({ _id }) => _id));
      // Not each slice waits for a majority: the last write of all does, and with it all that came before.
      await this.run((into) => into.insertMany(stored, { ordered: false, writeConcern: { w: 1 } }));
    }
  }

  getMany(ids: readonly string[]): Promise<readonly DocumentWrite<Doc>[]> {
    this.wasRead = true;
    return this.as(this.loading).getMany(ids);
  }

  async find(options: FindOptions): Promise<readonly Doc[]> {
    this.wasRead = true;
    const needed = pageIndex(planPage(this.layout.spec, options).index);
    await this.run((into) => into.createIndexes(this.layout.indexes.filter(({ name }) => name === needed)));
    return this.as(this.loading).find(options);
  }

  async prepare(checkpoint: number): Promise<Collection<Doc>> {
    if (this.prepared) return this.prepared;
    await this.assertOurs(await this.connection.run((db) => db.collection<Facts>(this.loading).updateOne({ _id: 0 }, { $set: { checkpoint } })));
    const [stored, added] = [await this.sum(), this.added.toString()];
    if (stored !== added) {
      await this.discard();
      throw new Error(`${this.layout.spec.name}: ${added} were to be stored, and these are: ${stored}`);
    }
    if (this.layout.indexes.length > 0) await this.run((into) => into.createIndexes([...this.layout.indexes]));
    return (this.prepared = this.as(this.loading));
  }

  async finish(checkpoint: number): Promise<void> {
    await this.prepare(checkpoint);
    await this.replace();
  }

  /** Renames the collection, which is prepared. */
  async replace(): Promise<void> {
    await this.connection.run(async (db) => {
      await this.assertOurs(await db.collection<Facts>(this.loading).updateOne({ _id: 0 }, { $set: { shape: shapeOf(this.layout) } }));
      await db.renameCollection(this.loading, this.name, { dropTarget: true, writeConcern: DURABLE });
    });
  }

  async discard(): Promise<void> {
    await this.connection.run((db) => db.dropCollection(this.loading));
  }

  private async assertOurs({ matchedCount }: { readonly matchedCount: number }): Promise<void> {
    if (matchedCount > 0) return;
    await this.discard();
    throw new Error(`${this.layout.spec.name}: another bulk load has begun, so this one is void`);
  }

  private async takeBack(ids: readonly string[]): Promise<void> {
    const found = await this.run((into) => into.find({ _id: { $in: [...ids] } }, { projection: { position: 1, json: 1 } }).toArray());
    if (found.length === 0) return;
    for (const { _id, position, json } of found) this.replaced.add(_id, position, json ?? null);
    await this.run((into) => into.deleteMany({ _id: { $in: found.map(({ _id }) => _id) } }, { writeConcern: { w: 1 } }));
  }

  /** Of all that is stored, as the server gives it back, and of all that was replaced: what the sum of all that was added must be. */
  private async sum(): Promise<string> {
    await this.run(async (into) => {
      for await (const { _id, position, json } of into.find({ position: { $exists: true } }, { projection: { position: 1, json: 1 } })) this.replaced.add(_id, position, json ?? null);
    });
    return this.replaced.toString();
  }

  private run<Result>(work: (into: MongoCollectionHandle<StoredDocument>) => Promise<Result>): Promise<Result> {
    return this.connection.run((db) => work(db.collection<StoredDocument>(this.loading)));
  }
}
