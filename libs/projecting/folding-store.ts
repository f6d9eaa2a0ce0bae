import type { BulkLoad, Collection, DocumentStore, DocumentWrite, FindOptions } from '@rolebook/document-store';
import type { CollectionSpec, Document } from '@rolebook/kernel';

/** Documents handed to the store at once. */
const SLICE = 2_000;

/** What an earlier rebuild left cannot be gone on with. The message says why. */
export class CannotGoOn extends Error {
  override readonly name = 'CannotGoOn';
}

/**
 * Where a read model is folded anew: the documents that changed last are held in memory, the others handed in bulk to collections that
 * will take the old ones' places, and fetched back where an event comes for them. People's events lie near each other in a log, so few are.
 * What a read model asks of its collections while it follows the log is here, and nothing more.
 */
export class FoldingStore implements Pick<DocumentStore, 'open'> {
  private readonly collections = new Map<string, FoldingCollection<Document>>();
  private readonly live = new Map<string, Collection>();
  private readonly prepared = new Map<string, Collection>();
  private readonly notes = new Set<string>();

  /**
   * @param writtenOnce names of collections whose documents need not be held
   * @param held documents of a collection that are held at most twice over: as many changed ones ask for a {@link mark}
   * @param goesOn whether with what was left of an earlier rebuild; opening a collection then throws {@link CannotGoOn} where nothing was
   */
  constructor(private readonly store: Pick<DocumentStore, 'open'>, private readonly writtenOnce: readonly string[], private readonly held: number, private readonly goesOn: boolean) {}

  async open<Doc extends Document>(spec: CollectionSpec): Promise<Collection<Doc>> {
    let collection = this.collections.get(spec.name);
    if (!collection) {
      const eachOnce = this.writtenOnce.includes(spec.name);
      const live = await this.store.open(spec);
      const load = this.goesOn ? await this.left(live, eachOnce) : await live.bulkLoad({ replace: true, eachOnce });
      collection = new FoldingCollection<Document>(spec, load, eachOnce, this.goesOn);
      this.collections.set(spec.name, collection);
      this.live.set(spec.name, live);
    }
    return collection as unknown as Collection<Doc>;
  }

  /** What the collections that are gone on with were marked with. @throws {CannotGoOn} where they were left at different places */
  get note(): string {
    const [note, ...others] = this.notes;
    if (note === undefined || others.length > 0) throw new CannotGoOn('it was left between two of its parts');
    return note;
  }

  /** Whether so many documents have changed that they should be handed on. */
  get isFull(): boolean {
    for (const { changes } of this.collections.values()) if (changes >= this.held) return true;
    return false;
  }

  /**
   * Hands on all that changed, and marks it (see {@link BulkLoad.mark}). Documents are made while this is under way; the one before has ended.
   * @param position how far the read model has come
   */
  async mark(position: number, note: string): Promise<void> {
    const all = [...this.collections.values()];
    for (const collection of all) await collection.handOn();
    const handedOn = Promise.all(all.map((collection) => collection.settled()));
    // The largest first, so that they are all marked within a moment, or none is.
    const marked = handedOn.then(async () => {
      for (const { load } of all.toSorted((a, b) => b.handed - a.handed)) await load.mark(position, note);
    });
    for (const collection of all) collection.waitFor(marked);
  }

  /** The loads, the one of the collection that says how far all have come last. */
  loads(checkpointIn: string): readonly BulkLoad<Document>[] {
    return [...this.collections.values()].sort((a, b) => Number(a.spec.name === checkpointIn) - Number(b.spec.name === checkpointIn)).map(({ load }) => load);
  }

  /** Hands on all that is held, and prepares the new collections. @returns where they are found from then on */
  async prepare(checkpoint: number, checkpointIn: string): Promise<Pick<DocumentStore, 'open'>> {
    for (const collection of this.collections.values()) {
      await collection.handOn();
      await collection.settled();
    }
    for (const [name, { load }] of this.collections) this.prepared.set(name, await load.prepare(name === checkpointIn ? checkpoint : 0));
    return { open: async <Doc extends Document>({ name }: CollectionSpec) => this.prepared.get(name) as unknown as Collection<Doc> };
  }

  /** How many documents each of the prepared collections has. */
  async count(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const [name, collection] of this.prepared) counts.set(name, await collection.count({}));
    return counts;
  }

  /** Each prepared collection, and the one whose place it will take. */
  get pairs(): readonly (readonly [name: string, old: Collection, anew: Collection])[] {
    return [...this.prepared].map(([name, anew]) => [name, this.live.get(name) as Collection, anew]);
  }

  async discard(): Promise<void> {
    for (const { load } of this.collections.values()) await load.discard().catch(() => undefined); // what is left goes with the next one
  }

  private async left(live: Collection, eachOnce: boolean): Promise<BulkLoad> {
    const left = await live.leftLoad();
    if (!left) throw new CannotGoOn('a part of it is missing');
    this.notes.add(left.note);
    const load = await left.goOn({ eachOnce });
    if (!load) throw new CannotGoOn('it was left while it was written to');
    return load;
  }
}

type Write = DocumentWrite<Document>;

class FoldingCollection<Doc extends Document> implements Pick<Collection<Doc>, 'spec' | 'get' | 'getMany' | 'find' | 'write' | 'checkpoint'> {
  /** How many documents were handed on. */
  handed = 0;
  private changed = new Map<string, Write>();
  /** As they were handed on last. */
  private unchanged = new Map<string, Write>();
  private underWay: Promise<void> = Promise.resolve();

  /** @param eachOnce documents are written once, and never read; @param hasHandedOn whether the load has any */
  constructor(readonly spec: CollectionSpec, readonly load: BulkLoad<Document>, private readonly eachOnce: boolean, private hasHandedOn: boolean) {}

  get changes(): number { return this.changed.size; }

  async get(id: string): Promise<Doc | null> {
    return (await this.getMany([id]))[0]?.document ?? null;
  }

  async getMany(ids: readonly string[]): Promise<readonly DocumentWrite<Doc>[]> {
    const found: Write[] = [];
    const missing: string[] = [];
    for (const id of ids) {
      const document = this.changed.get(id) ?? this.unchanged.get(id);
      if (document) found.push(document);
      else if (this.hasHandedOn) missing.push(id);
    }
    if (missing.length > 0) {
      await this.settled();
      for (const write of await this.load.getMany(missing)) found.push(write);
    }
    return found as readonly Write[] as unknown as readonly DocumentWrite<Doc>[];
  }

  /** Asked for seldom: everything is handed on first. */
  async find(options: FindOptions): Promise<readonly Doc[]> {
    await this.handOn();
    await this.settled();
    return (await this.load.find(options)) as unknown as readonly Doc[];
  }

  async write(writes: readonly DocumentWrite<Doc>[]): Promise<void> {
    if (this.eachOnce) return this.hand(writes);
    for (const write of writes) this.changed.set(write.id, write);
  }

  async checkpoint(): Promise<number> {
    return 0;
  }

  /** Begins to hand on what changed, once what was handed on before has arrived. */
  async handOn(): Promise<void> {
    await this.settled();
    if (this.changed.size === 0) return;
    this.unchanged = this.changed;
    this.changed = new Map();
    this.waitFor(this.handAll([...this.unchanged.values()]));
  }

  /** Resolves when all that was begun is done. @throws {Error} where it failed */
  settled(): Promise<void> {
    return this.underWay;
  }

  /** What comes next waits for this. */
  waitFor(work: Promise<void>): void {
    this.underWay = work;
    work.catch(() => undefined);
  }

  private async handAll(writes: readonly Write[]): Promise<void> {
    this.hasHandedOn = true;
    for (let at = 0; at < writes.length; at += SLICE) await this.load.add(writes.slice(at, at + SLICE));
    this.handed += writes.length;
  }

  /** The next documents are made while these are written, and no faster. */
  private async hand(writes: readonly Write[]): Promise<void> {
    if (writes.length === 0) return;
    await this.settled();
    this.waitFor(this.handAll(writes));
  }
}
