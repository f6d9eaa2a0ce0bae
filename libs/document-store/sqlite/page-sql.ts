import type { Bound, Plan } from '../plan';
import type { Scalar } from '../port';
import { compareScalars, sameKind } from '../scalar';
import { keyText } from '../key-text';
import { kindRange, toColumn, type ColumnValue } from './column';
import { columnOf, indexName } from './layout';

/** A statement's text, the same for all queries of its shape, and what goes into it. */
export interface Query {
  readonly sql: string;
  readonly parameters: readonly ColumnValue[];
}

/** Conditions joined by AND; an empty text where there are none. */
export interface Condition {
  readonly text: string;
  readonly parameters: readonly ColumnValue[];
}

export const ALWAYS: Condition = { text: '', parameters: [] };

export function all(...conditions: readonly Condition[]): Condition {
  const present = conditions.filter(({ text }) => text !== '');
  return { text: present.map(({ text }) => text).join(' AND '), parameters: present.flatMap(({ parameters }) => parameters) };
}

/**
 * A page: one walk of the index for each combination of values, merged as it goes, so that it reads one page of documents
 * and no more. `INDEXED BY` makes SQLite fail rather than pick another way.
 */
export function pageQuery(plan: Plan, limit: number): Query {
  const { sql, parameters } = walkQuery(plan, ALWAYS);
  return { sql: `${sql} LIMIT +?`, parameters: [...parameters, limit] };
}

/** All documents from the start of the page on, in its order: `json` of those that pass the tests and null for the others, sort, id. */
export function walkQuery(plan: Plan, tests: Condition): Query {
  const sort = plan.sort === null ? 'id' : columnOf(plan.sort);
  const json = tests.text === '' ? 'json' : `CASE WHEN ${tests.text} THEN json END AS json`;
  const from = `SELECT ${json}, ${plan.sort === null ? 'NULL' : sort} AS sort, id FROM documents INDEXED BY ${indexOf(plan)}`;
  const entry = entryOf(plan, sort, 'id');
  const arms = plan.combinations.map((values) => all(equalities(plan, values), entry));
  const texts = arms.map(({ text }) => (text === '' ? from : `${from} WHERE ${text}`));
  const order = arms.length === 1 ? orderOf(plan, sort, 'id') : orderOf(plan, plan.sort === null ? 'id' : 'sort', 'id');
  return { sql: `${texts.join(' UNION ALL ')} ORDER BY ${order}`, parameters: arms.flatMap(({ parameters }) => [...tests.parameters, ...parameters]) };
}

/** How many documents; counting stops at `most` (-1: never). */
export function countQuery(plan: Plan, most: number): Query {
  const entry = entryOf({ ...plan, after: null }, plan.sort === null ? 'id' : columnOf(plan.sort), 'id');
  const arms = plan.combinations.map((values) => all(equalities(plan, values), entry));
  const texts = arms.map(({ text }) => `SELECT 1 FROM documents INDEXED BY ${indexOf(plan)}${text === '' ? '' : ` WHERE ${text}`}`);
  return { sql: `SELECT count(*) FROM (${texts.join(' UNION ALL ')} LIMIT +?)`, parameters: [...arms.flatMap(({ parameters }) => parameters), most] };
}

export function orderOf({ direction }: Pick<Plan, 'direction'>, sort: string, id: string): string {
  const way = direction === 'asc' ? '' : ' DESC';
  return sort === id ? `${id}${way}` : `${sort}${way}, ${id}${way}`;
}

/**
 * Where the walk begins and ends, in conditions that the index takes whole. The page's start replaces the bound on its side:
 * with both, SQLite might enter at the bound and pass over everything up to the start.
 */
export function entryOf(plan: Plan, sort: string, id: string): Condition {
  const { lower, upper } = boundsOf(plan);
  const { after, direction } = plan;
  if (after === null) return all(bound(sort, lower), bound(sort, upper));
  const beyond = direction === 'asc' ? '>' : '<';
  if (plan.sort === null) return { text: `${id} ${beyond} ?`, parameters: [keyText(after.id)] };
  const start: Condition = { text: `(${sort}, ${id}) ${beyond} (?, ?)`, parameters: [toColumn(after.value), keyText(after.id)] };
  const [near, far] = direction === 'asc' ? [lower, upper] : [upper, lower];
  return all(isInside(plan, after.value) ? start : bound(sort, near), bound(sort, far));
}

/** Whether a page's start is past the bound on the side that the walk begins. */
function isInside({ lower, upper, direction }: Plan, start: Scalar): boolean {
  const [near, far, sign] = direction === 'asc' ? [lower, upper, 1] : [upper, lower, -1];
  if (near !== null) {
    const order = compareScalars(start, near.value) * sign;
    return order > 0 || (order === 0 && near.inclusive);
  }
  return far === null || sameKind(start, far.value) || compareScalars(start, far.value) * sign > 0;
}

interface Edge {
  readonly operator: '>' | '>=' | '<' | '<=';
  readonly value: ColumnValue;
}

/** The bounds as columns have them; an open end is closed where the kind of the other one ends. */
function boundsOf({ lower, upper }: Pick<Plan, 'lower' | 'upper'>): { readonly lower: Edge | null; readonly upper: Edge | null } {
  const known = lower ?? upper;
  if (known === null) return { lower: null, upper: null };
  const kind = kindRange(known.value);
  const edge = (side: '>' | '<', { value, inclusive }: Bound): Edge => ({ operator: inclusive ? `${side}=` : side, value: toColumn(value) });
  return {
    lower: lower === null ? { operator: '>=', value: kind.first } : edge('>', lower),
    upper: upper !== null ? edge('<', upper) : kind.next === null ? null : { operator: '<', value: kind.next },
  };
}

function bound(sort: string, edge: Edge | null): Condition {
  return edge === null ? ALWAYS : { text: `${sort} ${edge.operator} ?`, parameters: [edge.value] };
}

function equalities({ index }: Plan, values: readonly Scalar[]): Condition {
  return { text: values.map((_, at) => `${columnOf(index[at] ?? '')} = ?`).join(' AND '), parameters: values.map(toColumn) };
}

function indexOf({ index }: Plan): string {
  return index.length === 0 ? 'documents_id' : indexName(index);
}
