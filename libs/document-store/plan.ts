import type { CollectionSpec } from '@rolebook/kernel';
import { asScalar, compareScalars, sameKind } from './scalar';
import { NoIndex, type FindOptions, type Scalar } from './port';

/** Equality on a list of values becomes one walk of the index a combination; more than this is refused. */
export const MAX_COMBINATIONS = 256;

/** How a page is served: which index, where it is entered, which way it is walked. Shared by all adapters. */
export interface Plan {
  /** Fields of the index, without the implied `id`; empty: by id alone. */
  readonly index: readonly string[];
  /** The values of the index's equality fields: one list for each walk of it. Empty: nothing can match. */
  readonly combinations: readonly (readonly Scalar[])[];
  /** The last field of the index where the page is sorted by it; null: by id. */
  readonly sort: string | null;
  readonly direction: 'asc' | 'desc';
  readonly lower: Bound | null;
  readonly upper: Bound | null;
  readonly after: { readonly value: Scalar; readonly id: string } | null;
  /** Starts of words, each once, none empty. */
  readonly wordStarts: readonly string[];
}

export interface Bound {
  readonly value: string | number | boolean;
  readonly inclusive: boolean;
}

export type Criteria = Omit<FindOptions, 'limit'>;

/**
 * The plan of a page.
 *
 * A page is served by an index that has exactly the equality fields, in any order, and then the sort field: only then do
 * its entries stand in the page's order. Anything else would read and sort what it does not give, and is refused.
 * @throws {NoIndex} where no index does
 * @throws {TypeError} where an option has no meaning, such as a range without a sort
 */
export function planPage(spec: CollectionSpec, options: Criteria): Plan {
  const sort = options.sort === undefined || options.sort.field === 'id' ? null : options.sort.field;
  const fields = Object.keys(options.where ?? {});
  const wanted = sort === null ? fields.length : fields.length + 1;
  const candidates = fields.length === 0 && sort === null ? [[]] : spec.indexes;
  const index = candidates.find((candidate) => candidate.length === wanted && startsWith(candidate, fields) && (sort === null || candidate.at(-1) === sort));
  return plan(spec, options, index, sort);
}

/** The plan of a count: the order does not matter, so any index that begins with the equality fields will do. @throws {NoIndex} */
export function planCount(spec: CollectionSpec, options: Omit<Criteria, 'after'>): Plan {
  const fields = Object.keys(options.where ?? {});
  const ranged = options.range === undefined ? null : options.sort?.field ?? null;
  const candidates = fields.length === 0 && ranged === null ? [[], ...spec.indexes] : spec.indexes;
  const index = candidates.find((candidate) => startsWith(candidate, fields) && (ranged === null || candidate[fields.length] === ranged));
  return plan(spec, options, index, ranged);
}

function startsWith(index: readonly string[], fields: readonly string[]): boolean {
  return index.length >= fields.length && fields.every((field) => index.indexOf(field) !== -1 && index.indexOf(field) < fields.length);
}

function plan(spec: CollectionSpec, options: Criteria, index: readonly string[] | undefined, sort: string | null): Plan {
  const where = options.where ?? {};
  if (index === undefined) throw new NoIndex(`${spec.name}: no index serves ${describe(options)}`);
  const wordStarts = [...new Set(options.wordStarts ?? [])].filter((start) => start !== '');
  const missing = wordStarts.length === 0 ? [] : spec.words?.within.filter((field) => !Object.hasOwn(where, field));
  if (missing === undefined) throw new NoIndex(`${spec.name}: has no words to search`);
  if (missing.length > 0) throw new NoIndex(`${spec.name}: a search must name ${missing.join(', ')}`);
  if (options.range !== undefined && sort === null) throw new TypeError('a range is a bound on the sort field: name one that is indexed');
  const after = options.after === undefined ? null : { value: asScalar(options.after.value, 'after'), id: options.after.id };
  const equalities = index.slice(0, Object.keys(where).length);
  return {
    index,
    combinations: combinationsOf(spec, equalities.map((field) => valuesOf(field, where[field]))),
    sort,
    direction: options.sort?.direction ?? 'asc',
    ...boundsOf(options.range),
    after,
    wordStarts,
  };
}

function valuesOf(field: string, value: Scalar | readonly Scalar[] | undefined): readonly Scalar[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.includes(undefined)) throw new TypeError(`where ${JSON.stringify(field)} is undefined: leave the field out, or ask for null`);
  return [...new Set(list.map((one) => asScalar(one, field)))];
}

function combinationsOf(spec: CollectionSpec, lists: readonly (readonly Scalar[])[]): readonly (readonly Scalar[])[] {
  const size = lists.reduce((product, list) => product * list.length, 1);
  if (size > MAX_COMBINATIONS) throw new NoIndex(`${spec.name}: ${size} combinations of values are too many to walk at once`);
  return lists.reduce<readonly (readonly Scalar[])[]>((rows, list) => rows.flatMap((row) => list.map((value) => [...row, value])), [[]]);
}

function boundsOf(range: FindOptions['range']): Pick<Plan, 'lower' | 'upper'> {
  const lower = tighter(bound(range?.gt, false), bound(range?.gte, true), 1);
  const upper = tighter(bound(range?.lt, false), bound(range?.lte, true), -1);
  if (lower !== null && upper !== null && !sameKind(lower.value, upper.value)) throw new TypeError('both ends of a range must be of one kind');
  return { lower, upper };
}

function bound(value: Scalar | undefined, inclusive: boolean): Bound | null {
  if (value === undefined) return null;
  const scalar = asScalar(value, 'range');
  if (scalar === null) throw new TypeError('null bounds no range: it is outside of every one');
  return { value: scalar, inclusive };
}

function tighter(a: Bound | null, b: Bound | null, sign: 1 | -1): Bound | null {
  if (a === null || b === null) return a ?? b;
  const order = compareScalars(a.value, b.value) * sign;
  return order > 0 || (order === 0 && !a.inclusive) ? a : b;
}

/** A limit of a page. @throws {RangeError} */
export function checkedLimit(limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError(`a limit is a whole number from 1, not ${limit}`);
  return limit;
}

function describe(options: Criteria): string {
  const fields = Object.keys(options.where ?? {});
  return `where [${fields.join(', ')}] sorted by ${options.sort?.field ?? 'id'}`;
}
