import type { CollectionSpec, Document } from '@rolebook/kernel';
import { ContentSum, type SumState } from '../content-sum';
import { fromKeyText, keyText } from '../key-text';
import { checkedLimit, planPage } from '../plan';
import type { BulkLoad, Collection, DocumentWrite, FindOptions } from '../port';
import { layoutOf, type Layout } from './layout';
import { pageQuery } from './page-sql';
import { encodeWrites, type StoredRow } from './row';
import type { WorkerClient } from './worker-client';

/** What a load needs of its store. */
export interface LoadHost<Doc extends Document> {
  /** The file that is filled. */
  readonly loading: string;
  /** A thread that fills it. */
  readonly loader: WorkerClient;
  /** The filled file as a collection that may be written to. */
  open(): Promise<Collection<Doc>>;
  /** Removes it again, unless it has taken the other's place. */
  abandon(): Promise<void>;
  /** Puts the file in the place of the collection's. */
  replace(load: SqliteBulkLoad<Doc>): Promise<void>;
}

/** Fills a new file in a thread of its own. */
export class SqliteBulkLoad<Doc extends Document> implements BulkLoad<Doc> {
  readonly #added: ContentSum;
  readonly #layout: Layout;
  #prepared: Collection<Doc> | null = null;

  /** @param added the sum of what is in the file already */
  constructor(readonly spec: CollectionSpec, readonly host: LoadHost<Doc>, added?: SumState) {
    this.#added = ContentSum.from(added);
    this.#layout = layoutOf(spec);
  }

  get isPrepared(): boolean { return this.#prepared !== null; }

  async add(documents: readonly DocumentWrite<Doc>[]): Promise<void> {
    const rows = await encodeWrites(this.#layout, documents);
    for (const [id, position, json] of rows) this.#added.add(id, position, json);
    await this.host.loader.ask({ task: 'add', rows });
  }

  async getMany(ids: readonly string[]): Promise<readonly DocumentWrite<Doc>[]> {
    return (await this.host.loader.ask({ task: 'get', ids: [...new Set(ids)].map(keyText) })).map(writeOf<Doc>);
  }

  async find(options: FindOptions): Promise<readonly Doc[]> {
    const plan = planPage(this.spec, options);
    if (plan.wordStarts.length > 0) throw new TypeError('words are not searched while a collection is loaded');
    if (plan.combinations.length === 0) return [];
    const found = await this.host.loader.ask({ task: 'find', index: plan.index, ...pageQuery(plan, checkedLimit(options.limit)) });
    return found.map((json) => JSON.parse(json) as Doc);
  }

  async mark(_position: number, note: string): Promise<void> {
    await this.host.loader.ask({ task: 'mark', note, added: this.#added.state });
  }

  async prepare(checkpoint: number): Promise<Collection<Doc>> {
    if (this.#prepared) return this.#prepared;
    const stored = await this.host.loader.ask({ task: 'finish', checkpoint });
    const added = this.#added.toString();
    if (stored !== added) {
      await this.discard();
      throw new Error(`${this.spec.name}: ${added} were to be stored, and these are: ${stored}`);
    }
    await this.host.loader.stop();
    return (this.#prepared = await this.host.open());
  }

  async finish(checkpoint: number): Promise<void> {
    await this.prepare(checkpoint);
    await this.host.replace(this);
  }

  async discard(): Promise<void> {
    if (!this.#prepared) {
      await this.host.loader.ask({ task: 'discard' });
      await this.host.loader.stop();
    }
    await this.host.abandon();
  }
}

export function writeOf<Doc extends Document>([id, position, json]: StoredRow): DocumentWrite<Doc> {
  return { id: fromKeyText(id), position, document: json === null ? null : (JSON.parse(json) as Doc) };
}
