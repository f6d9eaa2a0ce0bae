import type { CollectionSpec, Document } from '@rolebook/kernel';

export type Scalar = string | number | boolean | null;

/**
 * A page of a collection. Served by one of the collection's indexes, or refused: a query without an index throws at once,
 * so that it shows in a test and not at a million users.
 */
export interface FindOptions {
  /** Equality on indexed fields; a list means any of these values. */
  readonly where?: Readonly<Record<string, Scalar | readonly Scalar[]>>;
  /** A bound on the sort field. */
  readonly range?: { readonly gt?: Scalar; readonly gte?: Scalar; readonly lt?: Scalar; readonly lte?: Scalar };
  /** Sorted by this field and then by `id`, both in this direction. Strings compare by code unit (binary). */
  readonly sort?: { readonly field: string; readonly direction: 'asc' | 'desc' };
  /** Keyset: the sort value and id of the last document of the page before. */
  readonly after?: { readonly value: Scalar; readonly id: string };
  /** Word-start search: each of these must begin some word of the document's words field. */
  readonly wordStarts?: readonly string[];
  readonly limit: number;
}

/** One write, applied only if the stored document is older than `position`. */
export interface DocumentWrite<Doc extends Document = Document> {
  readonly id: string;
  /** `null` removes it (and remembers the position, so that an older write cannot bring it back). */
  readonly document: Doc | null;
  /** Position of the last event applied. */
  readonly position: number;
}

export interface Collection<Doc extends Document = Document> {
  readonly spec: CollectionSpec;
  get(id: string): Promise<Doc | null>;
  /** Those that exist, in no order, each with the position of the last event applied; removed ones with `document: null`. */
  getMany(ids: readonly string[]): Promise<readonly DocumentWrite<Doc>[]>;
  find(options: FindOptions): Promise<readonly Doc[]>;
  /** The same page as JSON texts, one a document, for whoever passes them on: parsing is the larger part of a page's cost. */
  findRaw(options: FindOptions): Promise<readonly string[]>;
  /** The same texts, a character for each byte of their UTF-8 (`asBytes`), for whoever puts them together for sending: so they need not be decoded first. */
  findBytes(options: FindOptions): Promise<readonly string[]>;
  count(options: Pick<FindOptions, 'where' | 'range' | 'sort' | 'wordStarts'>): Promise<number>;
  /**
   * Applies the writes, each guarded by its position, and then the checkpoint - never before the documents.
   * Doing it again changes nothing.
   * @param checkpoint position up to which the log is reflected in this collection
   */
  write(writes: readonly DocumentWrite<Doc>[], checkpoint?: number): Promise<void>;
  /**
   * Changes plain fields outside the log's order, such as when a person was last seen; documents that do not exist are passed over.
   * Not guarded and not counted as an event.
   */
  patch(changes: readonly { readonly id: string; readonly set: Readonly<Record<string, Scalar>> }[]): Promise<void>;
  /** Position up to which the collection reflects the log; 0 for a new one. */
  checkpoint(): Promise<number>;
  /**
   * Another text wherever anything in the collection may have changed since, by whomever; `null` where the store cannot tell. Taken before
   * a read, it tells later whether what was read still stands. Costs microseconds.
   */
  version(): string | null;
  /**
   * For a rebuild: many documents, each id once, into a new collection that takes this one's place at `finish`, indexes made then.
   * Whoever reads sees all of the old one or all of the new. What an earlier load has left is removed.
   * @param options.replace otherwise a collection that holds anything is refused
   */
  bulkLoad(options?: LoadOptions & { readonly replace?: boolean }): Promise<BulkLoad<Doc>>;
  /** What a process left of a load when it died; `null` where nothing is left that was ever marked, and made for the same fields. */
  leftLoad(): Promise<LeftLoad<Doc> | null>;
  /** All documents in the order of their ids, for verification. */
  scan(options: { readonly afterId?: string; readonly limit: number }): Promise<readonly DocumentWrite<Doc>[]>;
}

export interface LoadOptions {
  /** No id comes twice: nothing is looked up. */
  readonly eachOnce?: boolean;
}

/** A load that is half done, and nobody's any more. It goes with the next load of the collection, at the latest. */
export interface LeftLoad<Doc extends Document = Document> {
  /** As it was given to {@link BulkLoad.mark}. */
  readonly note: string;
  /**
   * Has the load to itself from then on.
   * @returns it exactly as it was when it was marked; `null`, and it is removed, where that cannot be had any more
   */
  goOn(options?: LoadOptions): Promise<BulkLoad<Doc> | null>;
}

/**
 * A collection being made anew, which nobody else sees. Left alone, as by a process that dies, what was never marked is gone at the next start.
 */
export interface BulkLoad<Doc extends Document = Document> {
  readonly spec: CollectionSpec;
  /** Each takes the place of what was added under its id before, whatever the positions. */
  add(documents: readonly DocumentWrite<Doc>[]): Promise<void>;
  /** As of a collection, of what was added: for whoever cannot hold all documents in memory. */
  getMany(ids: readonly string[]): Promise<readonly DocumentWrite<Doc>[]>;
  /** As of a collection. Makes the index it needs, so that adding costs more from then on. */
  find(options: FindOptions): Promise<readonly Doc[]>;
  /**
   * Keeps what was added up to here should this process die, with a note that says what it is, for {@link Collection.leftLoad}; all or nothing.
   * From `prepare` on there is no going on.
   * @param position that of no document added so far is past it, and that of every new one added from here on is
   */
  mark(position: number, note: string): Promise<void>;
  /**
   * Makes the indexes, and compares what is stored with what was added, by count and checksum. From here on nothing is added, and
   * the answer may be written to as any collection, so that it can be brought up to the log while the old one still serves.
   * @throws {Error} where what is stored is not what was added
   */
  prepare(checkpoint: number): Promise<Collection<Doc>>;
  /** Puts the new one in the old one's place, prepared if need be: whoever reads sees all of the old one or all of the new. */
  finish(checkpoint: number): Promise<void>;
  /** Removes it. */
  discard(): Promise<void>;
}

/** The collections that new ones are to take the places of, kept from being written to. */
export interface Hold {
  /** By name of the collection. */
  readonly checkpoints: ReadonlyMap<string, number>;
  /** Puts the prepared ones in the places of those held, in the order in which they were given. */
  replace(): Promise<void>;
  /** Lets go of those that were not replaced. */
  release(): Promise<void>;
}

/** Where the read models are kept. Rebuildable from the log at any time. Every adapter passes `document-store.contract.ts`. */
export interface DocumentStore {
  /** Makes the collection and its indexes where they are missing. */
  open<Doc extends Document>(spec: CollectionSpec): Promise<Collection<Doc>>;
  /**
   * Keeps others from writing to the collections that these loads, all prepared, are to replace, for a moment: writes wait. Where the store
   * cannot do that (MongoDB), whoever follows the log must be kept away by other means, such as its lease.
   */
  hold(loads: readonly Pick<BulkLoad, 'spec'>[]): Promise<Hold>;
  /** Names of all collections that exist. */
  list(): Promise<readonly string[]>;
  drop(name: string): Promise<void>;
  /** Removes what deleted documents may have left behind in files (free pages, journals), after an erasure, and loads that were left half done. */
  scrub(): Promise<void>;
  /** Rejects with {@link DocumentStoreUnavailable} where the store does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export class DocumentStoreUnavailable extends Error {
  override readonly name: string = 'DocumentStoreUnavailable';
  constructor(message: string, readonly retryAfterSeconds = 1, options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * A collection was replaced by a new one while it was written to; nothing was written. What was read before belongs to the old one:
 * read again, and write what comes of that.
 */
export class CollectionReplaced extends DocumentStoreUnavailable {
  override readonly name: string = 'CollectionReplaced';
}

/** A query that no index of the collection serves. */
export class NoIndex extends Error {
  override readonly name = 'NoIndex';
}
