import type { BulkLoad, Collection, DocumentStore, DocumentWrite, FindOptions, Scalar } from '@rolebook/document-store';
import type { CollectionSpec, Document } from '@rolebook/kernel';

/** Documents handed to the store at once. */
const SLICE = 2_000;

/**
 * Where a read model is folded anew: documents are held in memory while they may still change, and go in bulk into collections
 * that take the old ones' places at {@link finish}. What a read model asks of its collections while it follows the log is here, and nothing more.
 */
export class FoldingStore implements Pick<DocumentStore, 'open'> {
  private readonly collections = new Map<string, FoldingCollection<Document>>();

  /** @param writtenOnce names of collections whose documents need not be held */
  constructor(private readonly store: Pick<DocumentStore, 'open'>, private readonly writtenOnce: readonly string[]) {}

  async open<Doc extends Document>(spec: CollectionSpec): Promise<Collection<Doc>> {
    let collection = this.collections.get(spec.name);
    if (!collection) {
      const load = await (await this.store.open(spec)).bulkLoad({ replace: true });
      collection = new FoldingCollection<Document>(spec, load, !this.writtenOnce.includes(spec.name));
      this.collections.set(spec.name, collection);
    }
    return collection as unknown as Collection<Doc>;
  }

  /** Documents held in memory. */
  get held(): number {
    return [...this.collections.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Hands on all that is held: no event to come changes it. */
  async flush(): Promise<void> {
    for (const collection of this.collections.values()) await collection.flush();
  }

  /**
   * Puts the new collections in the places of the old ones, the one that says how far all have come last.
   * @returns how many documents each has
   */
  async finish(checkpoint: number, checkpointIn: string): Promise<ReadonlyMap<string, number>> {
    await this.flush();
    const names = [...this.collections.keys()].sort((a, b) => Number(a === checkpointIn) - Number(b === checkpointIn));
    const counts = new Map<string, number>();
    for (const name of names) {
      const collection = this.collections.get(name)!;
      await collection.load.finish(name === checkpointIn ? checkpoint : 0);
      counts.set(name, collection.loaded);
    }
    return counts;
  }
}

type Write = DocumentWrite<Document>;

class FoldingCollection<Doc extends Document> implements Pick<Collection<Doc>, 'spec' | 'get' | 'getMany' | 'find' | 'write' | 'checkpoint'> {
  loaded = 0;
  private readonly documents = new Map<string, Write>();
  /** By the value of the one field that pages are asked for by. */
  private indexed: { readonly field: string; readonly ids: Map<unknown, Set<string>> } | null = null;
  private underWay: Promise<void> = Promise.resolve();

  constructor(readonly spec: CollectionSpec, readonly load: BulkLoad<Document>, private readonly isHeld: boolean) {}

  get size(): number { return this.documents.size; }

  async get(id: string): Promise<Doc | null> {
    return (this.documents.get(id)?.document ?? null) as Doc | null;
  }

  async getMany(ids: readonly string[]): Promise<readonly DocumentWrite<Doc>[]> {
    const found: Write[] = [];
    for (const id of ids) {
      const document = this.documents.get(id);
      if (document) found.push(document);
    }
    return found as readonly Write[] as unknown as readonly DocumentWrite<Doc>[];
  }

  /** A page by equality on one field, sorted by another. */
  async find({ where = {}, sort, range = {}, limit }: FindOptions): Promise<readonly Doc[]> {
    const [[field, value] = ['', null], another] = Object.entries(where);
    if (!sort || another || Array.isArray(value)) throw new Error(`${this.spec.name}: a rebuild finds documents by one value of one field`);
    const key = (document: Document) => (document as unknown as Record<string, Scalar>)[sort.field] ?? null;
    const from = range.gt ?? null;
    const page = [...(this.index(field).get(value) ?? [])].flatMap((id) => this.documents.get(id)?.document ?? []).filter((document) => from === null || (key(document) ?? '') > from);
    page.sort((a, b) => ((key(a) ?? '') < (key(b) ?? '') ? -1 : 1) * (sort.direction === 'asc' ? 1 : -1));
    return page.slice(0, limit) as unknown as readonly Doc[];
  }

  async write(writes: readonly DocumentWrite<Doc>[]): Promise<void> {
    if (!this.isHeld) return this.hand(writes);
    for (const write of writes) {
      this.documents.set(write.id, write);
      if (this.indexed && write.document) add(this.indexed.ids, (write.document as unknown as Record<string, unknown>)[this.indexed.field], write.id);
    }
  }

  async checkpoint(): Promise<number> {
    return 0;
  }

  async flush(): Promise<void> {
    let slice: Write[] = [];
    for (const write of this.documents.values()) {
      slice.push(write);
      if (slice.length === SLICE) {
        await this.hand(slice);
        slice = [];
      }
    }
    await this.hand(slice);
    await this.underWay;
    this.documents.clear();
    this.indexed = null;
  }

  /** The next documents are made while these are written, and no faster. */
  private async hand(writes: readonly Write[]): Promise<void> {
    if (writes.length === 0) return;
    await this.underWay;
    this.loaded += writes.reduce((sum, { document }) => sum + (document === null ? 0 : 1), 0);
    this.underWay = this.load.add(writes);
    this.underWay.catch(() => undefined);
  }

  private index(field: string): Map<unknown, Set<string>> {
    if (this.indexed?.field !== field) {
      this.indexed = { field, ids: new Map() };
      for (const { id, document } of this.documents.values()) if (document) add(this.indexed.ids, (document as unknown as Record<string, unknown>)[field], id);
    }
    return this.indexed.ids;
  }
}

function add(ids: Map<unknown, Set<string>>, value: unknown, id: string): void {
  const known = ids.get(value);
  if (known) known.add(id);
  else ids.set(value, new Set([id]));
}
