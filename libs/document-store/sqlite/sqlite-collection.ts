import type { CollectionSpec, Document } from '@rolebook/kernel';
import { asBytes } from '../bytes';
import { checkedLimit, planCount, planPage } from '../plan';
import { CollectionReplaced, type BulkLoad, type Collection, type DocumentWrite, type FindOptions, type LeftLoad, type LoadOptions, type Scalar } from '../port';
import { assertPatchable } from '../scalar';
import { keyText } from '../key-text';
import { writeOf } from './bulk-load';
import type { CarryOver } from './carry-over';
import { layoutOf, type Layout } from './layout';
import { PageShapes } from './page-shapes';
import { countQuery, pageQuery, type Query } from './page-sql';
import type { Reader } from './reader';
import { encodeWrites, type StoredRow } from './row';
import { searchCount, searchPage } from './search';
import type { WorkerClient } from './worker-client';

/** What is counted on the calling thread, about two milliseconds' worth; more is counted elsewhere. */
const COUNTED_HERE = 10_000;

/** What a collection needs of its store. */
export interface CollectionHost {
  readonly file: string;
  readonly writer: WorkerClient;
  /** For long reads, so that they hold up neither the event loop nor a write. */
  readonly helper: () => WorkerClient;
  readonly carryOver: CarryOver;
  reader(): Reader;
  /** Begins to fill a new file. */
  load<Doc extends Document>(spec: CollectionSpec, options: LoadOptions): Promise<BulkLoad<Doc>>;
  /** What was left of one. */
  left<Doc extends Document>(spec: CollectionSpec): Promise<LeftLoad<Doc> | null>;
  /** Resolves when nobody keeps the collection from being written to. */
  letIn(): Promise<void>;
  /** Another process has put a new file in this one's place: opens that. */
  follow(): Promise<void>;
}

/** A collection in a SQLite file: reads here and now, writes in the writer's thread. */
export class SqliteCollection<Doc extends Document> implements Collection<Doc> {
  readonly #host: CollectionHost;
  readonly #layout: Layout;
  readonly #shapes: PageShapes;
  /** The file that what was read was read from; writes are based on it. */
  #file: string;

  constructor(readonly spec: CollectionSpec, host: CollectionHost) {
    this.#host = host;
    this.#file = host.file;
    this.#layout = layoutOf(spec);
    this.#shapes = new PageShapes(spec);
  }

  async get(id: string): Promise<Doc | null> {
    const [json] = this.#reader.texts({ sql: 'SELECT json FROM documents WHERE id = ?', parameters: [keyText(id)] });
    return json === undefined ? null : (JSON.parse(json) as Doc);
  }

  async getMany(ids: readonly string[]): Promise<readonly DocumentWrite<Doc>[]> {
    const live = 'SELECT id, position, json FROM documents WHERE id = ?';
    const removed = 'SELECT id, position, NULL FROM tombstones WHERE id = ?';
    const found = [...new Set(ids)].map(keyText).flatMap((id) => {
      const documents = this.#reader.rows<StoredRow>({ sql: live, parameters: [id] });
      return documents.length > 0 ? documents : this.#reader.rows<StoredRow>({ sql: removed, parameters: [id] });
    });
    return found.map(writeOf<Doc>);
  }

  async find(options: FindOptions): Promise<readonly Doc[]> {
    return (await this.findRaw(options)).map((json) => JSON.parse(json) as Doc);
  }

  async findRaw(options: FindOptions): Promise<readonly string[]> {
    return this.#page(options, (page) => this.#reader.texts(page));
  }

  async findBytes(options: FindOptions): Promise<readonly string[]> {
    return options.wordStarts === undefined ? this.#page(options, (page) => this.#reader.bytes(page)) : (await this.findRaw(options)).map(asBytes);
  }

  async count(options: Pick<FindOptions, 'where' | 'range' | 'sort' | 'wordStarts'>): Promise<number> {
    const plan = planCount(this.spec, options);
    if (plan.combinations.length === 0) return 0;
    if (plan.wordStarts.length > 0) {
      const search = searchCount(this.#reader, this.#layout, plan);
      return typeof search === 'number' ? search : this.#countElsewhere(search);
    }
    const few = this.#reader.count(countQuery(plan, COUNTED_HERE));
    return few < COUNTED_HERE ? few : this.#countElsewhere(countQuery(plan, -1));
  }

  async write(writes: readonly DocumentWrite<Doc>[], checkpoint = 0): Promise<void> {
    const rows = await encodeWrites(this.#layout, writes);
    await this.#host.letIn();
    if (this.#file !== this.#host.file) {
      this.#file = this.#host.file;
      throw new CollectionReplaced(`${this.spec.name} was made anew`);
    }
    try {
      this.#host.carryOver.wrote(this.#file, await this.#host.writer.ask({ task: 'write', file: this.#file, rows, checkpoint }));
    } catch (error) {
      if (error instanceof CollectionReplaced) {
        await this.#host.follow();
        this.#file = this.#host.file;
      }
      throw error;
    }
  }

  async patch(changes: readonly { readonly id: string; readonly set: Readonly<Record<string, Scalar>> }[]): Promise<void> {
    for (const { set } of changes) assertPatchable(this.spec, set);
    const patch = async () => {
      await this.#host.letIn();
      const { file } = this.#host;
      this.#host.carryOver.wrote(file, await this.#host.writer.ask({ task: 'patch', file, changes }));
    };
    try {
      await patch();
    } catch (error) {
      if (!(error instanceof CollectionReplaced)) throw error;
      // A patch is based on nothing that was read.
      await this.#host.follow();
      await patch();
    }
  }

  async checkpoint(): Promise<number> {
    return this.#reader.count({ sql: `SELECT value FROM facts WHERE name = 'checkpoint'`, parameters: [] });
  }

  version(): string { return this.#reader.version; }

  async bulkLoad({ replace: overwrites = false, ...options }: LoadOptions & { readonly replace?: boolean } = {}): Promise<BulkLoad<Doc>> {
    const anything = 'SELECT EXISTS (SELECT 1 FROM documents) + EXISTS (SELECT 1 FROM tombstones)';
    if (!overwrites && this.#reader.count({ sql: anything, parameters: [] }) > 0) throw new Error(`${this.spec.name}: only an empty collection can be loaded in bulk`);
    return this.#host.load<Doc>(this.spec, options);
  }

  leftLoad(): Promise<LeftLoad<Doc> | null> {
    return this.#host.left<Doc>(this.spec);
  }

  async scan({ afterId, limit }: { readonly afterId?: string; readonly limit: number }): Promise<readonly DocumentWrite<Doc>[]> {
    const from = afterId === undefined ? '' : ' WHERE id > ?';
    const parameters = afterId === undefined ? [checkedLimit(limit)] : [keyText(afterId), checkedLimit(limit)];
    return this.#reader.rows<StoredRow>({ sql: `SELECT id, position, json FROM documents INDEXED BY documents_id${from} ORDER BY id LIMIT +?`, parameters }).map(writeOf<Doc>);
  }

  get #reader(): Reader {
    return this.#host.reader();
  }

  /** @param read how the rows of a page are read where nothing is searched for */
  async #page(options: FindOptions, read: (page: Query) => readonly string[]): Promise<readonly string[]> {
    const limit = checkedLimit(options.limit);
    const plain = this.#shapes.query(options, limit);
    if (plain !== null) return read(plain);
    const plan = planPage(this.spec, options);
    if (plan.combinations.length === 0) return [];
    if (plan.wordStarts.length === 0) return read(pageQuery(plan, limit));
    const { file, helper } = this.#host;
    return searchPage(this.#reader, this.#layout, plan, limit, false) ?? helper().ask({ task: 'search', file, spec: this.spec, plan, limit });
  }

  #countElsewhere({ sql, parameters }: ReturnType<typeof countQuery>): Promise<number> {
    return this.#host.helper().ask({ task: 'count', file: this.#host.file, sql, parameters });
  }

}
