import type { CollectionSpec } from '@rolebook/kernel';
import { indexedFields, searchSorts } from '../scalar';
import type { ColumnValue } from './column';

/**
 * How one collection lies in its database file:
 *
 *     documents(doc, id, position, f_<field>..., scope, words, json)   one row a document; an index each as the spec has them
 *     tombstones(id, position)                what was removed, and by which event
 *     scopes(scope, key)                      a number for each combination of the fields that a search is within
 *     postings_<n>(scope, term, sort, id, doc)   for each sort of the search: the documents of a term (see `terms.ts`), in page order
 *     facts(name, value)                      the checkpoint, and which fields the file is made for
 *
 * `id`, fields and terms are in the form of `keyText`. Documents have a rowid (their `doc`) and not the id as their key: indexes
 * stay small, and rows that hold JSON do not move about in a tree.
 */
export interface Layout {
  readonly spec: CollectionSpec;
  readonly fields: readonly string[];
  /** Columns of `fields`, in the same order, quoted. */
  readonly columns: readonly string[];
  readonly sorts: readonly string[];
}

export function layoutOf(spec: CollectionSpec): Layout {
  // Sorted, so that every description of the same fields means the same row.
  const fields = indexedFields(spec).toSorted();
  if (new Set(fields.map((field) => field.toLowerCase())).size < fields.length) throw new TypeError(`${spec.name}: SQLite would take fields that differ in case alone for one`);
  return { spec, fields, columns: fields.map(columnOf), sorts: searchSorts(spec) };
}

export function columnOf(field: string): string {
  return field === 'id' ? 'id' : quote(`f_${field}`);
}

export function indexName(index: readonly string[]): string {
  return quote(`by ${index.join(', ')}`);
}

export function postingsTable(sort: number): string {
  return `postings_${sort}`;
}

export function tables(layout: Layout): string {
  return `
    CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS tombstones (id TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS documents (
      doc INTEGER PRIMARY KEY, id TEXT NOT NULL, position INTEGER NOT NULL,
      ${[...layout.columns, 'scope INTEGER', 'words TEXT NOT NULL', 'json TEXT NOT NULL'].join(', ')}
    );
    ${layout.spec.words === undefined ? '' : searchTables(layout)}`;
}

function searchTables(layout: Layout): string {
  const postings = layout.sorts.map((_, sort) => `
    CREATE TABLE IF NOT EXISTS ${postingsTable(sort)} (
      scope INTEGER NOT NULL, term TEXT NOT NULL, sort, id TEXT NOT NULL, doc INTEGER NOT NULL, PRIMARY KEY (scope, term, sort, id)
    ) WITHOUT ROWID;`);
  return `CREATE TABLE IF NOT EXISTS scopes (scope INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);${postings.join('')}`;
}

/** What a scope is known by. */
export function scopeKey(values: readonly ColumnValue[]): string {
  return JSON.stringify(values.map((value) => (value instanceof Uint8Array ? value[0] === 1 : value)));
}

/** The statements that make the indexes, one each, so that a bulk load can make them last and one by one. */
export function indexes({ spec }: Layout): readonly string[] {
  return [
    'CREATE UNIQUE INDEX IF NOT EXISTS documents_id ON documents (id)',
    ...spec.indexes.map(indexOn),
  ];
}

/** The statement that makes one index. */
export function indexOn(index: readonly string[]): string {
  return `CREATE INDEX IF NOT EXISTS ${indexName(index)} ON documents (${[...index.map(columnOf), 'id'].join(', ')})`;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
