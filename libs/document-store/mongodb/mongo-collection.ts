import { Turns, type CollectionSpec, type Document } from '@rolebook/kernel';
import { bulkWrite, type MongoConnection } from '@rolebook/mongodb';
import type { AnyBulkWriteOperation, Collection as MongoCollectionHandle, FindOptions as MongoFindOptions } from 'mongodb';
import { asBytes } from '../bytes';
import { checkedLimit, planCount, planPage } from '../plan';
import type { BulkLoad, Collection, DocumentWrite, FindOptions, LeftLoad, LoadOptions, Scalar } from '../port';
import { assertPatchable, compareScalars } from '../scalar';
import { MongoBulkLoad, type LoadTarget } from './bulk-load';
import { layoutOf, pageIndex, type Facts, type Layout, type StoredDocument } from './layout';
import { patchDocuments } from './patch';
import { walksOf } from './page-filter';
import { encodeWrite } from './stored-document';
import { fromStoredText, storedText } from './stored-key';

/** Documents encoded and sent in one go before the event loop gets its turn. */
const SLICE = 500;

/** What a collection needs of its store. */
export interface CollectionHost {
  readonly connection: MongoConnection;
  /** The collection's name in the database. */
  readonly name: string;
  /** Writes go one after another, so that a checkpoint never overtakes documents of a write before it. */
  readonly turns: Turns;
}

/** A collection of a read model in MongoDB. */
export class MongoCollection<Doc extends Document> implements Collection<Doc> {
  readonly #host: CollectionHost;
  readonly #layout: Layout;

  constructor(readonly spec: CollectionSpec, host: CollectionHost) {
    this.#host = host;
    this.#layout = layoutOf(spec);
  }

  async get(id: string): Promise<Doc | null> {
    const stored = await this.#run((documents) => documents.findOne({ _id: storedText(id) }, { projection: { json: 1 } }));
    return stored?.json === undefined ? null : (JSON.parse(stored.json) as Doc);
  }

  async getMany(ids: readonly string[]): Promise<readonly DocumentWrite<Doc>[]> {
    if (ids.length === 0) return [];
    const wanted = [...new Set(ids.map(storedText))];
    const stored = await this.#run((documents) => documents.find({ _id: { $in: wanted } }, { projection: { json: 1, position: 1 }, ...inOneBatch(wanted.length) }).toArray());
    return stored.map(writeOf<Doc>);
  }

  async find(options: FindOptions): Promise<readonly Doc[]> {
    return (await this.findRaw(options)).map((json) => JSON.parse(json) as Doc);
  }

  async findRaw(options: FindOptions): Promise<readonly string[]> {
    const plan = planPage(this.spec, options);
    const limit = checkedLimit(options.limit);
    if (plan.combinations.length === 0) return [];
    const { filters, order } = walksOf(plan);
    const sign = plan.direction === 'asc' ? 1 : -1;
    const settings: MongoFindOptions = {
      projection: { json: 1, _id: filters.length === 1 ? 0 : 1 },
      sort: { [order]: sign },
      ...inOneBatch(limit),
      ...(plan.wordStarts.length === 0 ? { hint: pageIndex(plan.index) } : {}),
    };
    const pages = await this.#run((documents) => Promise.all(filters.map((filter) => documents.find(filter, settings).toArray())));
    const merged = pages.length === 1 ? (pages[0] ?? []) : pages.flat().sort((a, b) => sign * compareScalars(fromStoredText(a._id), fromStoredText(b._id))).slice(0, limit);
    return merged.flatMap(({ json }) => json ?? []);
  }

  async findBytes(options: FindOptions): Promise<readonly string[]> {
    return (await this.findRaw(options)).map(asBytes);
  }

  async count(options: Pick<FindOptions, 'where' | 'range' | 'sort' | 'wordStarts'>): Promise<number> {
    const plan = planCount(this.spec, options);
    if (plan.combinations.length === 0) return 0;
    const settings = plan.wordStarts.length === 0 && plan.index.length > 0 ? { hint: pageIndex(plan.index) } : {};
    const counts = await this.#run((documents) => Promise.all(walksOf(plan).filters.map((filter) => documents.countDocuments(filter, settings))));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async write(writes: readonly DocumentWrite<Doc>[], checkpoint = 0): Promise<void> {
    const stored = newestInOrder(await this.#encode(writes));
    await this.#host.turns.take(async () => {
      for (let at = 0; at < stored.length; at += SLICE) await this.#replaceOlder(stored.slice(at, at + SLICE));
      if (checkpoint > 0) await this.#host.connection.run((db) => db.collection<Facts>(this.#host.name).updateOne({ _id: 0 }, { $max: { checkpoint } }));
    });
  }

  /**
   * An upsert that finds no older document inserts; where there is one, newer or the same, that fails by its `_id` and nothing
   * changes. But two writers may both find none: the loser, though it may be the newer one, fails alike. By then the
   * document is there to stay, so the losers try again without inserting.
   */
  async #replaceOlder(stored: readonly StoredDocument[]): Promise<void> {
    const operations = (documents: readonly StoredDocument[], upsert: boolean): AnyBulkWriteOperation<StoredDocument>[] =>
      documents.map((replacement) => ({ replaceOne: { filter: { _id: replacement._id, position: { $lt: replacement.position } }, replacement, upsert } }));
    const { duplicates } = await this.#run((documents) => bulkWrite(documents, operations(stored, true)));
    const again = duplicates.flatMap((at) => stored[at] ?? []);
    if (again.length > 0) await this.#run((documents) => bulkWrite(documents, operations(again, false)));
  }

  async patch(changes: readonly { readonly id: string; readonly set: Readonly<Record<string, Scalar>> }[]): Promise<void> {
    for (const { set } of changes) assertPatchable(this.spec, set);
    await this.#run((documents) => patchDocuments(documents, this.#layout, changes));
  }

  async checkpoint(): Promise<number> {
    const facts = await this.#host.connection.run((db) => db.collection<Facts>(this.#host.name).findOne({ _id: 0 }));
    return facts?.checkpoint ?? 0;
  }

  /** MongoDB keeps no such number; one of ours would be one more write each time. */
  version(): null { return null; }

  async bulkLoad({ replace = false, ...options }: LoadOptions & { readonly replace?: boolean } = {}): Promise<BulkLoad<Doc>> {
    const any = replace ? null : await this.#run((documents) => documents.findOne({ position: { $exists: true } }, { projection: { _id: 1 } }));
    if (any !== null) throw new Error(`${this.spec.name}: only an empty collection can be loaded in bulk`);
    return MongoBulkLoad.start(this.#loadTarget, options);
  }

  leftLoad(): Promise<LeftLoad<Doc> | null> {
    return MongoBulkLoad.left(this.#loadTarget);
  }

  get #loadTarget(): LoadTarget<Doc> {
    const { connection, name } = this.#host;
    return { connection, name, layout: this.#layout, as: (as) => new MongoCollection<Doc>(this.spec, { ...this.#host, name: as, turns: new Turns() }) };
  }

  async scan({ afterId, limit }: { readonly afterId?: string; readonly limit: number }): Promise<readonly DocumentWrite<Doc>[]> {
    const filter = { json: { $exists: true }, ...(afterId === undefined ? {} : { _id: { $gt: storedText(afterId) } }) };
    const settings: MongoFindOptions = { projection: { json: 1, position: 1 }, sort: { _id: 1 }, hint: pageIndex([]), ...inOneBatch(checkedLimit(limit)) };
    const stored = await this.#run((documents) => documents.find(filter, settings).toArray());
    return stored.map(writeOf<Doc>);
  }

  #run<Result>(work: (documents: MongoCollectionHandle<StoredDocument>) => Promise<Result>): Promise<Result> {
    return this.#host.connection.run((db) => work(db.collection<StoredDocument>(this.#host.name)));
  }

  async #encode(writes: readonly DocumentWrite<Doc>[]): Promise<readonly StoredDocument[]> {
    const stored: StoredDocument[] = [];
    for (const write of writes) {
      if (stored.length > 0 && stored.length % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
      stored.push(encodeWrite(this.#layout, write));
    }
    return stored;
  }
}

function writeOf<Doc extends Document>({ _id, position, json }: StoredDocument): DocumentWrite<Doc> {
  return { id: fromStoredText(_id), position, document: json === undefined ? null : (JSON.parse(json) as Doc) };
}

/** The newest of each document, in order of their ids: servers that lock documents then never wait for each other in a circle. */
function newestInOrder(stored: readonly StoredDocument[]): readonly StoredDocument[] {
  const newest = new Map<string, StoredDocument>();
  for (const one of stored) if ((newest.get(one._id)?.position ?? -1) < one.position) newest.set(one._id, one);
  return [...newest.values()].sort((a, b) => compareScalars(a._id, b._id));
}

/** MongoDB's first answer has 101 documents unless it is told otherwise. One more than there can be: it then knows that it is done. */
function inOneBatch(limit: number): { readonly limit: number; readonly batchSize: number } {
  return { limit, batchSize: limit + 1 };
}
