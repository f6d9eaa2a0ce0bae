import type { BulkLoad, Collection, DocumentStore, DocumentWrite, FindOptions } from '@rolebook/document-store';
import type { CollectionSpec, Document } from '@rolebook/kernel';

/** Documents handed to the store at once. */
const SLICE = 2_000;

/**
 * Where a read model is folded anew: the documents that changed last are held in memory, the others handed in bulk to collections that
 * will take the old ones' places, and fetched back where an event comes for them. People's events lie near each other in a log, so few are.
 * What a read model asks of its collections while it follows the log is here, and nothing more.
 */
export class FoldingStore implements Pick<DocumentStore, 'open'> {
  private readonly collections = new Map<string, FoldingCollection<Document>>();
  private readonly prepared = new Map<string, Collection>();

  /**
   * @param writtenOnce names of collections whose documents need not be held
   * @param held documents of a collection that are held at least; at most twice as many are
   */
  constructor(private readonly store: Pick<DocumentStore, 'open'>, private readonly writtenOnce: readonly string[], private readonly held: number) {}

  async open<Doc extends Document>(spec: CollectionSpec): Promise<Collection<Doc>> {
    let collection = this.collections.get(spec.name);
    if (!collection) {
      const load = await (await this.store.open(spec)).bulkLoad({ replace: true });
      collection = new FoldingCollection<Document>(spec, load, this.writtenOnce.includes(spec.name) ? 0 : this.held);
      this.collections.set(spec.name, collection);
    }
    return collection as unknown as Collection<Doc>;
  }

  /** The loads, the one of the collection that says how far all have come last. */
  loads(checkpointIn: string): readonly BulkLoad<Document>[] {
    return [...this.collections.values()].sort((a, b) => Number(a.spec.name === checkpointIn) - Number(b.spec.name === checkpointIn)).map(({ load }) => load);
  }

  /** Hands on all that is held, and prepares the new collections. @returns where they are found from then on */
  async prepare(checkpoint: number, checkpointIn: string): Promise<Pick<DocumentStore, 'open'>> {
    for (const [name, collection] of this.collections) {
      await collection.flush();
      this.prepared.set(name, await collection.load.prepare(name === checkpointIn ? checkpoint : 0));
    }
    return { open: async <Doc extends Document>({ name }: CollectionSpec) => this.prepared.get(name) as unknown as Collection<Doc> };
  }

  /** How many documents each of the prepared collections has. */
  async count(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const [name, collection] of this.prepared) counts.set(name, await collection.count({}));
    return counts;
  }

  async discard(): Promise<void> {
    for (const { load } of this.collections.values()) await load.discard().catch(() => undefined); // what is left goes at the next start
  }
}

type Write = DocumentWrite<Document>;

class FoldingCollection<Doc extends Document> implements Pick<Collection<Doc>, 'spec' | 'get' | 'getMany' | 'find' | 'write' | 'checkpoint'> {
  /** What changed since the last turn, and what changed before; a turn hands on what did not change in between. */
  private young = new Map<string, Write>();
  private old = new Map<string, Write>();
  private underWay: Promise<void> = Promise.resolve();
  private hasHandedOn = false;

  /** @param held 0: documents are written once, and never read */
  constructor(readonly spec: CollectionSpec, readonly load: BulkLoad<Document>, private readonly held: number) {}

  async get(id: string): Promise<Doc | null> {
    return (await this.getMany([id]))[0]?.document ?? null;
  }

  async getMany(ids: readonly string[]): Promise<readonly DocumentWrite<Doc>[]> {
    const found: Write[] = [];
    const missing: string[] = [];
    for (const id of ids) {
      const document = this.young.get(id) ?? this.old.get(id);
      if (document) found.push(document);
      else if (this.hasHandedOn) missing.push(id);
    }
    if (missing.length > 0) {
      await this.underWay;
      for (const write of await this.load.getMany(missing)) found.push(write);
    }
    return found as readonly Write[] as unknown as readonly DocumentWrite<Doc>[];
  }

  /** Asked for seldom: everything is handed on first. */
  async find(options: FindOptions): Promise<readonly Doc[]> {
    await this.flush();
    return (await this.load.find(options)) as unknown as readonly Doc[];
  }

  async write(writes: readonly DocumentWrite<Doc>[]): Promise<void> {
    if (this.held === 0) return this.hand(writes);
    for (const write of writes) this.young.set(write.id, write);
    if (this.young.size < this.held) return;
    for (const id of this.young.keys()) this.old.delete(id);
    await this.handOn(this.old);
    this.old = this.young;
    this.young = new Map();
  }

  async checkpoint(): Promise<number> {
    return 0;
  }

  async flush(): Promise<void> {
    for (const id of this.young.keys()) this.old.delete(id);
    await this.handOn(this.old);
    await this.handOn(this.young);
    await this.underWay;
    this.old = new Map();
    this.young = new Map();
  }

  private async handOn(writes: ReadonlyMap<string, Write>): Promise<void> {
    let slice: Write[] = [];
    for (const write of writes.values()) {
      slice.push(write);
      if (slice.length < SLICE) continue;
      await this.hand(slice);
      slice = [];
    }
    await this.hand(slice);
  }

  /** The next documents are made while these are written, and no faster. */
  private async hand(writes: readonly Write[]): Promise<void> {
    if (writes.length === 0) return;
    this.hasHandedOn = true;
    await this.underWay;
    this.underWay = this.load.add(writes);
    this.underWay.catch(() => undefined);
  }
}
