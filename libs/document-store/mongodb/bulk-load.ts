import { randomBytes } from 'node:crypto';
import type { Document } from '@rolebook/kernel';
import { DURABLE, type MongoConnection } from '@rolebook/mongodb';
import type { Collection, Db } from 'mongodb';
import type { BulkLoad, DocumentWrite } from '../port';
import { shapeOf, type Facts, type Layout, type StoredDocument } from './layout';
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
  private constructor(private readonly connection: MongoConnection, private readonly name: string, private readonly loading: string, private readonly layout: Layout) {}

  static async start<Doc extends Document>(connection: MongoConnection, name: string, layout: Layout): Promise<MongoBulkLoad<Doc>> {
    const load = new MongoBulkLoad<Doc>(connection, name, `${name}${MARK}${randomBytes(6).toString('hex')}`, layout);
    await connection.run(async (db) => {
      for (const abandoned of await loadsOf(db, name)) await db.dropCollection(abandoned);
      await db.collection<Facts>(load.loading).insertOne({ _id: 0, checkpoint: 0, shape: shapeOf(layout) });
    });
    return load;
  }

  async add(documents: readonly DocumentWrite<Doc>[]): Promise<void> {
    for (let at = 0; at < documents.length; at += SLICE) {
      const stored = documents.slice(at, at + SLICE).map((write) => encodeWrite(this.layout, write));
      // Not each slice waits for a majority: the last write of all does, and with it all that came before.
      await this.run((into) => into.insertMany(stored, { ordered: false, writeConcern: { w: 1 } }));
    }
  }

  async finish(checkpoint: number): Promise<void> {
    if (this.layout.indexes.length > 0) await this.run((into) => into.createIndexes([...this.layout.indexes]));
    await this.connection.run(async (db) => {
      const { matchedCount } = await db.collection<Facts>(this.loading).updateOne({ _id: 0 }, { $set: { checkpoint } });
      if (matchedCount === 0) {
        await db.dropCollection(this.loading);
        throw new Error(`${this.layout.spec.name}: another bulk load has begun, so this one is void`);
      }
      await db.renameCollection(this.loading, this.name, { dropTarget: true, writeConcern: DURABLE });
    });
  }

  private run<Result>(work: (into: Collection<StoredDocument>) => Promise<Result>): Promise<Result> {
    return this.connection.run((db) => work(db.collection<StoredDocument>(this.loading)));
  }
}
