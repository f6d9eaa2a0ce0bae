import { randomBytes } from 'node:crypto';
import type { Document } from '@rolebook/kernel';
import { DURABLE, UNHURRIED, type MongoConnection } from '@rolebook/mongodb';
import type { Collection as MongoCollectionHandle, Db } from 'mongodb';
import { ContentSum } from '../content-sum';
import { planPage } from '../plan';
import type { BulkLoad, Collection, DocumentWrite, FindOptions, LeftLoad, LoadOptions } from '../port';
import { pageIndex, shapeOf, type Facts, type Layout, type StoredDocument, type StoredMark } from './layout';
import { encodeWrite } from './stored-document';

const SLICE = 500;
const MARK = '_loading_';

/** What is loaded, and where to. */
export interface LoadTarget<Doc extends Document> {
  readonly connection: MongoConnection;
  /** Of the collection whose place will be taken. */
  readonly name: string;
  readonly layout: Layout;
  /** A collection of the database as one of the store's. */
  readonly as: (name: string) => Collection<Doc>;
}

/** Collections that loads of this one are filled in: of the one under way, or left by those that died. Without a name, of all. */
export async function loadsOf(db: Db, name?: string): Promise<readonly string[]> {
  const all = await db.listCollections({}, { nameOnly: true }).toArray();
  return all.map((one) => one.name).filter((one) => (name === undefined ? one.includes(MARK) : one.startsWith(`${name}${MARK}`)));
}

function nameOfNew(name: string): string {
  return `${name}${MARK}${randomBytes(6).toString('hex')}`;
}

/**
 * Fills a collection beside the one it is for, and at the end puts it in that one's place by renaming it: whoever reads sees all
 * of it or nothing. Indexes come last, which is several times quicker than keeping them up to date for each document.
 *
 * A new load drops what is left of earlier ones. Should an earlier one be still alive, it finds its facts gone and gives up.
 */
export class MongoBulkLoad<Doc extends Document> implements BulkLoad<Doc> {
  private added = ContentSum.from();
  /** Of what was replaced by a later one with its id. */
  private replaced = ContentSum.from();
  private prepared: Collection<Doc> | null = null;
  /** Whether an id may come twice: not before anybody has read what was added, or it was marked. */
  private mayReplace = false;

  private constructor(private readonly target: LoadTarget<Doc>, private readonly loading: string, private readonly eachOnce: boolean) {}

  static async start<Doc extends Document>(target: LoadTarget<Doc>, { eachOnce = false }: LoadOptions): Promise<MongoBulkLoad<Doc>> {
    const { connection, name, layout } = target;
    const load = new MongoBulkLoad<Doc>(target, nameOfNew(name), eachOnce);
    await connection.run(async (db) => {
      for (const abandoned of await loadsOf(db, name)) await db.dropCollection(abandoned);
      await db.collection<Facts>(load.loading).insertOne({ _id: 0, checkpoint: 0, shape: shapeOf(layout) });
    });
    return load;
  }

  static async left<Doc extends Document>(target: LoadTarget<Doc>): Promise<LeftLoad<Doc> | null> {
    const { connection, name, layout } = target;
    return connection.run(async (db) => {
      for (const left of await loadsOf(db, name)) {
        const facts = await db.collection<Facts>(left).findOne({ _id: 0 });
        const mark = facts?.shape === shapeOf(layout) ? facts.mark : undefined;
        if (mark) return { note: mark.note, goOn: (options: LoadOptions = {}) => MongoBulkLoad.goOn(target, left, mark, options) };
      }
      return null;
    });
  }

  /** Renaming it first takes it from whoever else would go on with it, or is alive after all. */
  private static async goOn<Doc extends Document>(target: LoadTarget<Doc>, left: string, mark: StoredMark, { eachOnce = false }: LoadOptions): Promise<MongoBulkLoad<Doc> | null> {
    const load = new MongoBulkLoad<Doc>(target, nameOfNew(target.name), eachOnce);
    await target.connection.run(async (db) => {
      await db.renameCollection(left, load.loading, { writeConcern: DURABLE });
      for (const other of await loadsOf(db, target.name)) if (other !== load.loading) await db.dropCollection(other);
    });
    load.added = ContentSum.from(mark.added);
    load.replaced = ContentSum.from(mark.replaced);
    load.mayReplace = !eachOnce;
    if (await load.takeBackTo(mark.position)) return load;
    await load.discard();
    return null;
  }

  get spec(): Layout['spec'] { return this.layout.spec; }
  get name(): string { return this.target.name; }
  private get layout(): Layout { return this.target.layout; }
  private get connection(): MongoConnection { return this.target.connection; }

  async mark(position: number, note: string): Promise<void> {
    const mark: StoredMark = { note, position, added: this.added.state, replaced: this.replaced.state };
    // Waits until all before it is there to stay, too.
    await this.assertOurs(await this.connection.run((db) => db.collection<Facts>(this.loading).updateOne({ _id: 0 }, { $set: { mark } }, { writeConcern: DURABLE })));
    this.mayReplace = !this.eachOnce;
  }

  async add(documents: readonly DocumentWrite<Doc>[]): Promise<void> {
    for (let at = 0; at < documents.length; at += SLICE) {
      const stored = documents.slice(at, at + SLICE).map((write) => encodeWrite(this.layout, write));
      for (const { _id, position, json } of stored) this.added.add(_id, position, json ?? null);
      if (this.mayReplace) await this.takeBack(stored.map(({ _id }) => _id));
      // Not each slice waits for a majority: the last write of all does, and with it all that came before.
      await this.run((into) => into.insertMany(stored, { ordered: false, writeConcern: { w: 1 } }));
    }
  }

  getMany(ids: readonly string[]): Promise<readonly DocumentWrite<Doc>[]> {
    this.mayReplace = true;
    return this.target.as(this.loading).getMany(ids);
  }

  async find(options: FindOptions): Promise<readonly Doc[]> {
    this.mayReplace = true;
    const needed = pageIndex(planPage(this.layout.spec, options).index);
    await this.run((into) => into.createIndexes(this.layout.indexes.filter(({ name }) => name === needed), UNHURRIED));
    return this.target.as(this.loading).find(options);
  }

  async prepare(checkpoint: number): Promise<Collection<Doc>> {
    if (this.prepared) return this.prepared;
    await this.assertOurs(await this.connection.run((db) => db.collection<Facts>(this.loading).updateOne({ _id: 0 }, { $set: { checkpoint }, $unset: { mark: '' } })));
    const [stored, added] = [(await this.sum()).toString(), this.added.minus(this.replaced).toString()];
    if (stored !== added) {
      await this.discard();
      throw new Error(`${this.layout.spec.name}: ${added} were to be stored, and these are: ${stored}`);
    }
    if (this.layout.indexes.length > 0) await this.run((into) => into.createIndexes([...this.layout.indexes], UNHURRIED));
    return (this.prepared = this.target.as(this.loading));
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
    throw new Error(`${this.layout.spec.name}: another bulk load has begun, or somebody was erased, so this one is void: begin again`);
  }

  private async takeBack(ids: readonly string[]): Promise<void> {
    const found = await this.run((into) => into.find({ _id: { $in: [...ids] } }, { projection: { position: 1, json: 1 } }).toArray());
    if (found.length === 0) return;
    for (const { _id, position, json } of found) this.replaced.add(_id, position, json ?? null);
    await this.run((into) => into.deleteMany({ _id: { $in: found.map(({ _id }) => _id) } }, { writeConcern: { w: 1 } }));
  }

  /**
   * Removes what was added after the mark.
   * @returns whether what is left is what was marked: it is not where something that was marked has been replaced since
   */
  private async takeBackTo(position: number): Promise<boolean> {
    await this.run((into) => into.deleteMany({ position: { $gt: position } }, { writeConcern: { w: 1 } }));
    return (await this.sum()).toString() === this.added.minus(this.replaced).toString();
  }

  /** Of all that is stored, as the server gives it back: what was added, without what was replaced. */
  private async sum(): Promise<ContentSum> {
    const sum = ContentSum.from();
    await this.run(async (into) => {
      for await (const { _id, position, json } of into.find({ position: { $exists: true } }, { projection: { position: 1, json: 1 } })) sum.add(_id, position, json ?? null);
    });
    return sum;
  }

  private run<Result>(work: (into: MongoCollectionHandle<StoredDocument>) => Promise<Result>): Promise<Result> {
    return this.connection.run((db) => work(db.collection<StoredDocument>(this.loading)));
  }
}
