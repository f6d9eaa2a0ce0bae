import type { CollectionSpec, Document } from '@rolebook/kernel';
import type { Scalar } from './port';

/**
 * The one order of values, in every adapter: null, then numbers, then strings by code unit (as `<` has it in JavaScript),
 * then false and true. A bound of a range only ever meets values of its own kind.
 */
export function compareScalars(a: Scalar, b: Scalar): number {
  const byKind = kindOf(a) - kindOf(b);
  if (byKind !== 0) return byKind;
  if (a === b || a === null || b === null) return 0;
  return a < b ? -1 : 1;
}

export function sameKind(a: Scalar, b: Scalar): boolean {
  return kindOf(a) === kindOf(b);
}

function kindOf(value: Scalar): number {
  if (value === null) return 0;
  if (typeof value === 'number') return 1;
  return typeof value === 'string' ? 2 : 3;
}

/**
 * The value of an indexed field; a missing field is null.
 * @throws {TypeError} where it is no string, finite number, boolean or null: it could not be found again
 */
export function scalarField(document: Document, field: string): Scalar {
  const value: unknown = Object.hasOwn(document, field) ? (document as unknown as Record<string, unknown>)[field] : null;
  return asScalar(value, field);
}

/** @throws {TypeError} where a value is no {@link Scalar} */
export function asScalar(value: unknown, field: string): Scalar {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw new TypeError(`field ${JSON.stringify(field)} is indexed, so it must be a string, a finite number, a boolean or null`);
}

/** The words of a document, each once. A missing field has none. @throws {TypeError} where it is no list of strings */
export function wordsOf(document: Document, field: string): readonly string[] {
  const value: unknown = Object.hasOwn(document, field) ? (document as unknown as Record<string, unknown>)[field] : [];
  if (!Array.isArray(value) || !value.every((word): word is string => typeof word === 'string')) {
    throw new TypeError(`field ${JSON.stringify(field)} must be a list of words`);
  }
  return [...new Set(value)].filter((word) => word !== '');
}

/** Every field that the collection's indexes and its search look at, each once. */
export function indexedFields(spec: CollectionSpec): readonly string[] {
  return [...new Set([...spec.indexes.flat(), ...(spec.words?.within ?? []), ...searchSorts(spec)])].filter((field) => field !== 'id');
}

/** The sort fields for which a search costs what a page costs: those named, or else that of the first index that has one. */
export function searchSorts(spec: CollectionSpec): readonly string[] {
  const { words } = spec;
  if (words === undefined) return [];
  if (words.sorts !== undefined && words.sorts.length > 0) return words.sorts;
  const first = spec.indexes.find((index) => index.length > words.within.length && words.within.every((field) => index.slice(0, -1).includes(field)));
  const sort = first?.at(-1);
  return [sort ?? 'id'];
}

/** The document, which is written under its own id. @throws {TypeError} where it is another's */
export function checkedId<Doc extends Document>(spec: CollectionSpec, id: string, document: Doc): Doc {
  if (document.id !== id) throw new TypeError(`${spec.name}: document ${JSON.stringify(document.id)} was to be written as ${JSON.stringify(id)}`);
  return document;
}

/** Fields that a patch may not touch: what names the document and what its words are made of. */
export function assertPatchable(spec: CollectionSpec, set: Readonly<Record<string, Scalar>>): void {
  for (const [field, value] of Object.entries(set)) {
    if (field === 'id' || field === spec.words?.field) throw new TypeError(`a patch cannot change ${JSON.stringify(field)}`);
    asScalar(value, field);
  }
}
