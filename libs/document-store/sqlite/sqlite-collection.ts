import type { CollectionSpec, Document } from '@rolebook/kernel';
import { checkedLimit, planCount, planPage } from '../plan';
import type { BulkLoad, Collection, DocumentWrite, FindOptions, Scalar } from '../port';
import { assertPatchable } from '../scalar';
import { fromKeyText, keyText } from '../key-text';
import { layoutOf, type Layout } from './layout';
import { countQuery, pageQuery } from './page-sql';
import type { Reader } from './reader';
import { encodeWrite, type Row } from './row';
import { searchCount, searchPage } from './search';
import type { WorkerClient } from './worker-client';

/** What is counted on the calling thread, about two milliseconds' worth; more is counted elsewhere. */
const COUNTED_HERE = 10_000;
/** Documents encoded in one go before the event loop gets its turn. */
const SLICE = 500;

/** What a collection needs of its store. */
export interface CollectionHost {
  readonly file: string;
  readonly writer: WorkerClient;
  /** For long reads, so that they hold up neither the event loop nor a write. */
  readonly helper: () => WorkerClient;
  reader(): Reader;
  /** A thread that fills a new file, and what puts that file in this one's place. */
  load(spec: CollectionSpec): Promise<{ readonly loader: WorkerClient; replace: () => Promise<void> }>;
}

/** A collection in a SQLite file: reads here and now, writes in the writer's thread. */
export class SqliteCollection<Doc extends Document> implements Collection<Doc> {
  readonly #host: CollectionHost;
  readonly #layout: Layout;

  constructor(readonly spec: CollectionSpec, host: CollectionHost) {
    this.#host = host;
    this.#layout = layoutOf(spec);
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
    return (await this.#page(options)).map((json) => JSON.parse(json) as Doc);
  }

  async findRaw(options: FindOptions): Promise<readonly string[]> {
    return this.#page(options);
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
    await this.#host.writer.ask({ task: 'write', file: this.#host.file, rows: await this.#encode(writes), checkpoint });
  }

  async patch(changes: readonly { readonly id: string; readonly set: Readonly<Record<string, Scalar>> }[]): Promise<void> {
    for (const { set } of changes) assertPatchable(this.spec, set);
    await this.#host.writer.ask({ task: 'patch', file: this.#host.file, changes });
  }

  async checkpoint(): Promise<number> {
    return this.#reader.count({ sql: `SELECT value FROM facts WHERE name = 'checkpoint'`, parameters: [] });
  }

  async bulkLoad({ replace: overwrites = false }: { readonly replace?: boolean } = {}): Promise<BulkLoad<Doc>> {
    const anything = 'SELECT EXISTS (SELECT 1 FROM documents) + EXISTS (SELECT 1 FROM tombstones)';
    if (!overwrites && this.#reader.count({ sql: anything, parameters: [] }) > 0) throw new Error(`${this.spec.name}: only an empty collection can be loaded in bulk`);
    const { loader, replace } = await this.#host.load(this.spec);
    return {
      add: async (documents) => {
        await loader.ask({ task: 'add', rows: await this.#encode(documents) });
      },
      finish: async (checkpoint) => {
        await loader.ask({ task: 'finish', checkpoint });
        await loader.stop();
        await replace();
      },
    };
  }

  async scan({ afterId, limit }: { readonly afterId?: string; readonly limit: number }): Promise<readonly DocumentWrite<Doc>[]> {
    const from = afterId === undefined ? '' : ' WHERE id > ?';
    const parameters = afterId === undefined ? [checkedLimit(limit)] : [keyText(afterId), checkedLimit(limit)];
    return this.#reader.rows<StoredRow>({ sql: `SELECT id, position, json FROM documents INDEXED BY documents_id${from} ORDER BY id LIMIT +?`, parameters }).map(writeOf<Doc>);
  }

  get #reader(): Reader {
    return this.#host.reader();
  }

  async #page(options: FindOptions): Promise<readonly string[]> {
    const plan = planPage(this.spec, options);
    const limit = checkedLimit(options.limit);
    if (plan.combinations.length === 0) return [];
    if (plan.wordStarts.length === 0) return this.#reader.texts(pageQuery(plan, limit));
    const { file, helper } = this.#host;
    return searchPage(this.#reader, this.#layout, plan, limit, false) ?? helper().search({ file, spec: this.spec, plan, limit });
  }

  #countElsewhere({ sql, parameters }: ReturnType<typeof countQuery>): Promise<number> {
    return this.#host.helper().ask({ task: 'count', file: this.#host.file, sql, parameters });
  }

  async #encode(writes: readonly DocumentWrite<Doc>[]): Promise<readonly Row[]> {
    const rows: Row[] = [];
    for (const write of writes) {
      if (rows.length > 0 && rows.length % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
      rows.push(encodeWrite(this.#layout, write));
    }
    return rows;
  }
}

type StoredRow = readonly [id: string, position: number, json: string | null];

function writeOf<Doc extends Document>([id, position, json]: StoredRow): DocumentWrite<Doc> {
  return { id: fromKeyText(id), position, document: json === null ? null : (JSON.parse(json) as Doc) };
}
