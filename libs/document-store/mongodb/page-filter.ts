import type { Filter } from 'mongodb';
import type { Bound, Plan } from '../plan';
import type { Scalar } from '../port';
import { equalityKey, sortKey, type StoredDocument } from './layout';
import { headOf } from './stored-document';
import { kindOf, placeKey, placesOf, storedText, valueKey } from './stored-key';

type Condition = Filter<StoredDocument>;

/** What a page or a count walks: together all that match, none twice. */
export interface Walks {
  readonly filters: readonly Filter<StoredDocument>[];
  /** The key whose order is the page's. */
  readonly order: string;
}

/**
 * The walks of an index that a plan asks for. Nearly always there is one: a list of values goes to MongoDB as `$in`, which merges
 * the ranges of the index in page order (up to 200 of them; more it sorts). Only a list for the last field of an index that is
 * paged by id becomes a walk for each value.
 */
export function walksOf(plan: Plan): Walks {
  const { index, sort } = plan;
  const equalities = plan.combinations[0]?.length ?? 0;
  const named = index.slice(0, equalities).map((field, at) => ({ field, values: [...new Set(plan.combinations.map((values) => values[at] ?? null))] }));
  // The last field of an index is in it as a place, so there a value is a range.
  const ranged = equalities === index.length ? named.pop() : undefined;
  const common = [...named.map(({ field, values }) => isOneOf(field, values)), ...searchOf(plan)];
  if (ranged !== undefined) return { filters: ranged.values.map((value) => all(...common, ...placesAt(plan, ranged.field, value))), order: sortKey(ranged.field) };
  // Removed documents, and the facts, have no `e_` and are found by none; without one they must be kept out.
  if (sort === null) return { filters: [all(...common, ...(named.length === 0 ? [{ json: { $exists: true } }] : []), ...afterId(plan))], order: '_id' };
  const atEnd = index.indexOf(sort) === index.length - 1;
  return { filters: [all(...common, ...(atEnd ? placesWithin(plan, sort) : valuesWithin(plan, sort)))], order: sortKey(sort) };
}

function isOneOf(field: string, values: readonly Scalar[]): Condition {
  return { [equalityKey(field)]: { $in: values.map(valueKey) } };
}

/** Documents that have a value, in order of their ids. */
function placesAt({ after, direction }: Plan, field: string, value: Scalar): readonly Condition[] {
  const { first, next } = placesOf(value);
  const key = sortKey(field);
  return [{ [key]: { $gte: first } }, { [key]: { $lt: next } }, ...(after === null ? [] : [{ [key]: beyond(direction, placeKey(value, after.id)) }])];
}

/** The range of the sort field. There is always one: removed documents, and the facts, have no place and are outside of it. */
function placesWithin({ lower, upper, after, direction }: Plan, sort: string): readonly Condition[] {
  const known = lower ?? upper;
  const start = lower === null ? (known === null ? '' : kindOf(known.value).first) : placesOf(lower.value)[lower.inclusive ? 'first' : 'next'];
  const end = upper === null ? (known === null ? null : kindOf(known.value).next) : placesOf(upper.value)[upper.inclusive ? 'next' : 'first'];
  const key = sortKey(sort);
  return [
    { [key]: { $gte: start } },
    ...(end === null ? [] : [{ [key]: { $lt: end } }]),
    ...(after === null ? [] : [{ [key]: beyond(direction, placeKey(after.value, after.id)) }]),
  ];
}

/** The range of a field that only counts, so its order does not matter. */
function valuesWithin({ lower, upper }: Plan, field: string): readonly Condition[] {
  const key = equalityKey(field);
  const edge = (bound: Bound | null, side: '$gt' | '$lt'): Condition[] => (bound === null ? [] : [{ [key]: { [bound.inclusive ? `${side}e` : side]: valueKey(bound.value) } }]);
  const known = lower ?? upper;
  const kind = known === null ? { first: '', next: '' } : kindOf(known.value);
  return [{ [key]: { $gte: kind.first } }, ...(known === null ? [] : [{ [key]: { $lt: kind.next } }]), ...edge(lower, '$gt'), ...edge(upper, '$lt')];
}

function afterId({ after, direction }: Plan): readonly Condition[] {
  return after === null ? [] : [{ _id: beyond(direction, storedText(after.id)) }];
}

/**
 * Each start begins a word. The longest one's head finds documents in page order, and no other start needs more than a test:
 * MongoDB weighs that index against the one of whole words, by trying both.
 */
function searchOf({ wordStarts }: Plan): readonly Condition[] {
  const starts = wordStarts.map(storedText).sort((a, b) => b.length - a.length);
  const [longest] = starts;
  if (longest === undefined) return [];
  const { head, exact } = headOf(longest);
  const tested = exact ? starts.slice(1) : starts;
  return [{ heads: head }, ...tested.map((start) => ({ words: { $regex: `^${literal(start)}` } }))];
}

function beyond(direction: Plan['direction'], key: string): { readonly $gt: string } | { readonly $lt: string } {
  return direction === 'asc' ? { $gt: key } : { $lt: key };
}

/** Conditions on one field stand apart: two bounds of it may have the same operator. */
function all(...conditions: readonly Condition[]): Filter<StoredDocument> {
  return conditions.length === 0 ? {} : { $and: [...conditions] };
}

/** Text as a regular expression that finds just it. MongoDB takes an anchored one without operators as a range of the index. */
function literal(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
}
