import type { CollectionSpec, Document } from '@rolebook/kernel';
import { asBytes } from './bytes';
import { checkedLimit, planCount, planPage, type Bound, type Plan } from './plan';
import { CollectionReplaced, type BulkLoad, type Collection, type DocumentStore, type DocumentWrite, type FindOptions, type Hold, type LeftLoad, type Scalar } from './port';
import { asScalar, assertPatchable, checkedId, compareScalars, indexedFields, sameKind, scalarField, wordsOf } from './scalar';

/**
 * Read models in memory, for unit tests and simulation. It keeps every rule of the port, {@link NoIndex} included,
 * and promises nothing about speed: a page looks at every document. Documents are kept as JSON, so that nobody holds
 * a reference into the store.
 */
export class InMemoryDocumentStore implements DocumentStore {
  readonly #contents = new Map<string, Contents>();

  async open<Doc extends Document>(spec: CollectionSpec): Promise<Collection<Doc>> {
    const contents = this.#contents.get(spec.name) ?? empty();
    this.#contents.set(spec.name, contents);
    return new InMemoryCollection<Doc>(spec, contents);
  }

  async list(): Promise<readonly string[]> {
    return [...this.#contents.keys()].sort();
  }

  async drop(name: string): Promise<void> {
    this.#contents.delete(name);
  }

  async hold(loads: readonly Pick<BulkLoad, 'spec'>[]): Promise<Hold> {
    const held = loads as readonly InMemoryLoad<Document>[];
    let letGo = () => undefined as void;
    const released = new Promise<void>((done) => { letGo = done; });
    for (const { old } of held) old.held = released;
    const release = async () => {
      for (const { old } of held) old.held = null;
      letGo();
    };
    return {
      checkpoints: new Map(held.map(({ spec, old }) => [spec.name, old.checkpoint])),
      release,
      replace: async () => {
        for (const load of held) load.replace();
        await release();
      },
    };
  }

  async scrub(): Promise<void> {
    for (const contents of this.#contents.values()) contents.left = null;
  }

  async ping(): Promise<void> {}
  async close(): Promise<void> {}
}

/** A stored document, or the memory of a removed one. */
interface Entry {
  readonly json: string | null;
  readonly position: number;
}

interface Contents {
  entries: Map<string, Entry>;
  checkpoint: number;
  /** How often anything was changed. */
  changes: number;
  /** Resolves when nobody keeps it from being written to. */
  held: Promise<void> | null;
  /** How a load stood when it was marked. */
  left: { readonly note: string; readonly entries: ReadonlyMap<string, Entry> } | null;
}

const empty = (): Contents => ({ entries: new Map(), checkpoint: 0, changes: 0, held: null, left: null });

class InMemoryCollection<Doc extends Document> implements Collection<Doc> {
  readonly #contents: Contents;
  /** What was read from; writes are based on it. */
  #entries: Contents['entries'];

  constructor(readonly spec: CollectionSpec, contents: Contents) {
    this.#contents = contents;
    this.#entries = contents.entries;
  }

  async get(id: string): Promise<Doc | null> {
    return this.#parse(this.#contents.entries.get(id));
  }

  async getMany(ids: readonly string[]): Promise<readonly DocumentWrite<Doc>[]> {
    return [...new Set(ids)].flatMap((id) => this.#writeOf(id));
  }

  async find(options: FindOptions): Promise<readonly Doc[]> {
    return this.#page(options).map((json) => JSON.parse(json) as Doc);
  }

  async findRaw(options: FindOptions): Promise<readonly string[]> {
    return this.#page(options);
  }

  async findBytes(options: FindOptions): Promise<readonly string[]> {
    return this.#page(options).map(asBytes);
  }

  #page(options: FindOptions): readonly string[] {
    const plan = planPage(this.spec, options);
    const sign = plan.direction === 'asc' ? 1 : -1;
    const compare = (a: Place, b: Place) => sign * (compareScalars(a.value, b.value) || compareScalars(a.id, b.id));
    const { after } = plan;
    return this.#matches(plan)
      .filter((match) => after === null || compare(match, plan.sort === null ? { id: after.id, value: null } : after) > 0)
      .sort(compare)
      .slice(0, checkedLimit(options.limit))
      .map((match) => match.json);
  }

  async count(options: Pick<FindOptions, 'where' | 'range' | 'sort' | 'wordStarts'>): Promise<number> {
    return this.#matches(planCount(this.spec, options)).length;
  }

  async write(writes: readonly DocumentWrite<Doc>[], checkpoint = 0): Promise<void> {
    const encoded = writes.map(({ id, document, position }) => ({ id, position, json: document === null ? null : this.#encode(checkedId(this.spec, id, document)) }));
    while (this.#contents.held) await this.#contents.held;
    if (this.#entries !== this.#contents.entries) {
      this.#entries = this.#contents.entries;
      throw new CollectionReplaced(`${this.spec.name} was made anew`);
    }
    this.#contents.changes++;
    for (const { id, position, json } of encoded) {
      const old = this.#contents.entries.get(id);
      if (old === undefined || old.position < position) this.#contents.entries.set(id, { json, position });
    }
    this.#contents.checkpoint = Math.max(this.#contents.checkpoint, checkpoint);
  }

  async patch(changes: readonly { readonly id: string; readonly set: Readonly<Record<string, Scalar>> }[]): Promise<void> {
    for (const { set } of changes) assertPatchable(this.spec, set);
    this.#contents.changes++;
    for (const { id, set } of changes) {
      const old = this.#contents.entries.get(id);
      const document = this.#parse(old);
      if (old !== undefined && document !== null) this.#contents.entries.set(id, { json: this.#encode({ ...document, ...set }), position: old.position });
    }
  }

  async checkpoint(): Promise<number> {
    return this.#contents.checkpoint;
  }

  version(): string { return String(this.#contents.changes); }

  async bulkLoad({ replace = false }: { readonly replace?: boolean } = {}): Promise<BulkLoad<Doc>> {
    if (!replace && this.#contents.entries.size > 0) throw new Error(`${this.spec.name}: only an empty collection can be loaded in bulk`);
    this.#contents.left = null;
    return new InMemoryLoad<Doc>(this.spec, this.#contents);
  }

  async leftLoad(): Promise<LeftLoad<Doc> | null> {
    const { left } = this.#contents;
    if (!left) return null;
    const goOn = async () => {
      const load = new InMemoryLoad<Doc>(this.spec, this.#contents);
      for (const [id, entry] of left.entries) load.contents.entries.set(id, entry);
      return load;
    };
    return { note: left.note, goOn };
  }

  async scan(options: { readonly afterId?: string; readonly limit: number }): Promise<readonly DocumentWrite<Doc>[]> {
    const { afterId } = options;
    const ids = [...this.#contents.entries.keys()].filter((id) => afterId === undefined || id > afterId).sort(compareScalars);
    return ids.flatMap((id) => this.#writeOf(id)).filter(({ document }) => document !== null).slice(0, checkedLimit(options.limit));
  }

  /** Checks what the indexes need before anything changes. */
  #encode(document: Doc): string {
    for (const field of indexedFields(this.spec)) scalarField(document, field);
    if (this.spec.words !== undefined) wordsOf(document, this.spec.words.field);
    return JSON.stringify(document);
  }

  #parse(entry: Entry | undefined): Doc | null {
    return entry === undefined || entry.json === null ? null : (JSON.parse(entry.json) as Doc);
  }

  #writeOf(id: string): DocumentWrite<Doc>[] {
    const entry = this.#contents.entries.get(id);
    return entry === undefined ? [] : [{ id, document: this.#parse(entry), position: entry.position }];
  }

  #matches(plan: Plan): Keyed[] {
    const words = this.spec.words?.field;
    const matches: Keyed[] = [];
    for (const [id, entry] of this.#contents.entries) {
      const document = this.#parse(entry);
      if (document === null || entry.json === null) continue;
      const value = plan.sort === null ? null : scalarField(document, plan.sort);
      const found = equals(plan, document) && within(plan, value) && (words === undefined || begins(plan, wordsOf(document, words)));
      if (found) matches.push({ id, value, json: entry.json });
    }
    return matches;
  }
}

class InMemoryLoad<Doc extends Document> implements BulkLoad<Doc> {
  readonly contents = empty();
  readonly #collection: InMemoryCollection<Doc>;

  constructor(readonly spec: CollectionSpec, readonly old: Contents) {
    this.#collection = new InMemoryCollection<Doc>(spec, this.contents);
  }

  async add(documents: readonly DocumentWrite<Doc>[]): Promise<void> {
    for (const { id } of documents) this.contents.entries.delete(id);
    await this.#collection.write(documents);
  }

  getMany(ids: readonly string[]): Promise<readonly DocumentWrite<Doc>[]> { return this.#collection.getMany(ids); }
  find(options: FindOptions): Promise<readonly Doc[]> { return this.#collection.find(options); }

  async mark(_position: number, note: string): Promise<void> {
    this.old.left = { note, entries: new Map(this.contents.entries) };
  }

  async prepare(checkpoint: number): Promise<Collection<Doc>> {
    this.old.left = null;
    this.contents.checkpoint = Math.max(this.contents.checkpoint, checkpoint);
    return this.#collection;
  }

  async finish(checkpoint: number): Promise<void> {
    await this.prepare(checkpoint);
    this.replace();
  }

  replace(): void {
    this.old.entries = this.contents.entries;
    this.old.checkpoint = this.contents.checkpoint;
    this.old.changes++;
  }

  async discard(): Promise<void> {
    this.old.left = null;
  }
}

interface Place {
  readonly id: string;
  readonly value: Scalar;
}

interface Keyed extends Place {
  readonly json: string;
}

function equals(plan: Plan, document: Document): boolean {
  return plan.combinations.some((values) => values.every((value, at) => scalarField(document, plan.index[at] ?? '') === value));
}

function within(plan: Plan, value: Scalar): boolean {
  return bounded(plan.lower, value, 1) && bounded(plan.upper, value, -1);
}

function bounded(bound: Bound | null, value: Scalar, sign: 1 | -1): boolean {
  if (bound === null) return true;
  const order = compareScalars(asScalar(value, 'range'), bound.value) * sign;
  return sameKind(value, bound.value) && (order > 0 || (order === 0 && bound.inclusive));
}

function begins(plan: Plan, words: readonly string[]): boolean {
  return plan.wordStarts.every((start) => words.some((word) => word.startsWith(start)));
}
