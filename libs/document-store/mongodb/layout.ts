import type { CollectionSpec } from '@rolebook/kernel';
import type { IndexDescription } from 'mongodb';
import type { SumState } from '../content-sum';
import { indexedFields, searchSorts } from '../scalar';

/**
 * How a document lies in MongoDB:
 *
 *     _id        the id, as `storedText`
 *     position   of the last event applied
 *     patches    how often it was patched since
 *     json       the document itself, as text; a removed document has none, nor what follows
 *     e_<field>  value of a field that queries name before the one they sort by, as `valueKey`
 *     s_<field>  value and id for a field that pages are sorted by, as `placeKey`: a page is one range of one index
 *     words      of the search, as `storedText`
 *     heads      their beginnings of some lengths: each finds its documents in page order
 *
 * Only what indexes look at is a field of its own. What else is in a document is never taken for a field or an operator, comes
 * back byte for byte, and is passed on without being parsed.
 *
 * The collection's own facts (checkpoint, shape) are the document with the `_id` 0, so that they are dropped, and renamed at the
 * end of a bulk load, in one step with the documents.
 */
export interface StoredDocument {
  readonly _id: string;
  readonly position: number;
  readonly patches?: number;
  readonly json?: string;
  readonly words?: readonly string[];
  readonly heads?: readonly string[];
  readonly [key: `e_${string}` | `s_${string}`]: string;
}

export interface Facts {
  readonly _id: 0;
  readonly checkpoint: number;
  /** What the documents were made for; see {@link shapeOf}. */
  readonly shape: string;
  /** Of a load: how it stood when it may be gone on with. */
  readonly mark?: StoredMark;
}

export interface StoredMark {
  readonly note: string;
  /** Past that of no document that was added before it, and of no new one that was added after it. */
  readonly position: number;
  /** The sum of all that was added, and of what of it was replaced. */
  readonly added: SumState;
  readonly replaced: SumState;
}

export interface Layout {
  readonly spec: CollectionSpec;
  /** Fields that have an `e_`. */
  readonly equalities: readonly string[];
  /** Fields that have an `s_`. */
  readonly places: readonly string[];
  readonly indexes: readonly IndexDescription[];
}

const FIELD = /^[A-Za-z0-9_-]+$/;

/** @throws {TypeError} for a field name that would mean something else in a query */
export function layoutOf(spec: CollectionSpec): Layout {
  const within = spec.words?.within ?? [];
  const sorts = searchSorts(spec).filter((sort) => sort !== 'id');
  const equalities = unique([...spec.indexes.flatMap((index) => index.slice(0, -1)), ...within]);
  const places = unique([...spec.indexes.flatMap((index) => index.slice(-1)), ...sorts]);
  for (const field of [...equalities, ...places]) if (!FIELD.test(field)) throw new TypeError(`${spec.name}: a field with an index is named by letters, digits, _ and -, not ${JSON.stringify(field)}`);
  return { spec, equalities, places, indexes: indexesOf(spec) };
}

export function equalityKey(field: string): `e_${string}` {
  return `e_${field}`;
}

export function sortKey(field: string): `s_${string}` {
  return `s_${field}`;
}

export function pageIndex(index: readonly string[]): string {
  return index.length === 0 ? '_id_' : `page ${index.join(', ')}`;
}

/** One text for all descriptions of the same fields: documents written for others must be written anew. */
export function shapeOf({ spec }: Layout): string {
  return JSON.stringify({ fields: indexedFields(spec).toSorted(), words: spec.words === undefined ? null : { ...spec.words, sorts: searchSorts(spec) } });
}

function indexesOf(spec: CollectionSpec): readonly IndexDescription[] {
  const pages = spec.indexes.map((index) => ({ name: pageIndex(index), key: keysOf(index.slice(0, -1), ...index.slice(-1).map(sortKey)) }));
  if (spec.words === undefined) return pages;
  const { within } = spec.words;
  const heads = searchSorts(spec).map((sort) => ({ name: `heads ${sort}`, key: keysOf(within, 'heads', sort === 'id' ? '_id' : sortKey(sort)) }));
  return [...pages, { name: 'words', key: keysOf(within, 'words') }, ...heads];
}

function keysOf(equalities: readonly string[], ...others: readonly string[]): Record<string, 1> {
  return Object.fromEntries([...equalities.map(equalityKey), ...others].map((key) => [key, 1]));
}

function unique(fields: readonly string[]): readonly string[] {
  return [...new Set(fields)].toSorted();
}
