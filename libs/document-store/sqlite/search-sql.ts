import type { Plan } from '../plan';
import { PAST_ALL_TEXT } from '../key-text';
import { toColumn, type ColumnValue } from './column';
import { columnOf, postingsTable, type Layout } from './layout';
import { all, entryOf, orderOf, type Condition, type Query } from './page-sql';
import { beginningInWords } from './row';
import type { Start } from './terms';

/** One term of one scope: its postings are a list of documents in page order. */
export interface List {
  readonly scope: number;
  readonly term: string;
}

/** Where a walk of lists stands. */
export interface Place {
  readonly sort: ColumnValue;
  readonly id: string;
  /** Whether the document there is done with. */
  readonly passed: boolean;
}

/** The terms of a start in one scope, from term to term, however long their lists are. Takes `:scope`, `:start` and `:end`. */
export function termsQuery(most: number): string {
  const next = (past: string) => `SELECT min(term) FROM ${postingsTable(0)} WHERE scope = :scope AND term ${past} AND term < :end`;
  return `
    WITH RECURSIVE found (term) AS (${next('>= :start')} UNION ALL SELECT (${next('> found.term')}) FROM found WHERE found.term IS NOT NULL)
    SELECT term FROM found WHERE term IS NOT NULL LIMIT ${most}`;
}

/** Lists merged in page order: `json` of the documents that meet everything else and null for the others, sort, id. */
export function mergeQuery(layout: Layout, plan: Plan, lists: readonly List[], sort: number): Query {
  const tests = all(filtersOf(layout, plan), testsOf(plan));
  const start = entryOf(plan, 'p.sort', plan.sort === null ? 'p.sort' : 'p.id');
  const text = `SELECT CASE WHEN ${tests.text} THEN d.json END AS json, p.sort AS sort, p.id AS id
    FROM ${postingsTable(sort)} p CROSS JOIN documents d ON d.doc = p.doc WHERE p.scope = ? AND p.term = ?${start.text === '' ? '' : ` AND ${start.text}`}`;
  return {
    sql: `${lists.map(() => text).join(' UNION ALL ')} ORDER BY ${lists.length === 1 ? orderOf(plan, 'p.sort', 'p.id') : orderOf(plan, 'sort', 'id')}`,
    parameters: lists.flatMap(({ scope, term }) => [...tests.parameters, scope, term, ...start.parameters]),
  };
}

/** The next posting of some lists, from a place on (null: from the start of the page): sort, id, doc. */
export function seekQuery(plan: Plan, lists: readonly List[], sort: number, from: Place | null): Query {
  const start = from === null ? entryOf(plan, 'sort', plan.sort === null ? 'sort' : 'id') : onwards(plan, from);
  const text = `SELECT sort, id, doc FROM ${postingsTable(sort)} WHERE scope = ? AND term = ?${start.text === '' ? '' : ` AND ${start.text}`}`;
  return {
    sql: `${lists.map(() => text).join(' UNION ALL ')} ORDER BY ${orderOf(plan, 'sort', 'id')} LIMIT 1`,
    parameters: lists.flatMap(({ scope, term }) => [scope, term, ...start.parameters]),
  };
}

function onwards({ direction }: Plan, { sort, id, passed }: Place): Condition {
  return { text: `(sort, id) ${direction === 'asc' ? '>' : '<'}${passed ? '' : '='} (?, ?)`, parameters: [sort, id] };
}

/** The document at a posting, if it meets everything, the far end of the range included. */
export function documentQuery(layout: Layout, plan: Plan, doc: number): Query {
  const criteria = criteriaOf(layout, { ...plan, after: null });
  return { sql: `SELECT d.json FROM documents d WHERE d.doc = ? AND ${criteria.text}`, parameters: [doc, ...criteria.parameters] };
}

/** All that match the start, met with the rest and sorted. */
export function sortQuery(layout: Layout, plan: Plan, scopes: readonly number[], start: Start, limit: number): Query {
  const { text, parameters } = matching(layout, plan, scopes, start);
  const order = orderOf(plan, plan.sort === null ? 'd.id' : `d.${columnOf(plan.sort)}`, 'd.id');
  return { sql: `SELECT d.json FROM ${text} ORDER BY ${order} LIMIT +?`, parameters: [...parameters, limit] };
}

/** How many documents a search finds: looks at every one of them. */
export function searchCountQuery(layout: Layout, plan: Plan, scopes: readonly number[], start: Start): Query {
  const { text, parameters } = matching(layout, { ...plan, after: null }, scopes, start);
  return { sql: `SELECT count(*) FROM ${text}`, parameters };
}

/** How many postings a start has; counting stops at `most`. */
export function postingsCountQuery(scopes: readonly number[], start: Start, most: number): Query {
  const postings = postingsOf(scopes, start);
  return { sql: `SELECT count(*) FROM (SELECT 1 FROM ${postingsTable(0)} WHERE ${postings.text} LIMIT +?)`, parameters: [...postings.parameters, most] };
}

/** Each start begins a word of the document. */
export function testsOf(plan: Plan): Condition {
  return all(...plan.wordStarts.map((start) => ({ text: 'instr(words, ?) > 0', parameters: [beginningInWords(start)] })));
}

function matching(layout: Layout, plan: Plan, scopes: readonly number[], start: Start): Condition {
  const postings = postingsOf(scopes, start);
  const criteria = criteriaOf(layout, plan);
  return {
    text: `(SELECT DISTINCT doc FROM ${postingsTable(0)} WHERE ${postings.text}) m CROSS JOIN documents d ON d.doc = m.doc WHERE ${criteria.text}`,
    parameters: [...postings.parameters, ...criteria.parameters],
  };
}

function postingsOf(scopes: readonly number[], { term }: Start): Condition {
  return { text: `scope IN (${scopes.map(() => '?').join(', ')}) AND term >= ? AND term < ?`, parameters: [...scopes, term, term + PAST_ALL_TEXT] };
}

function criteriaOf(layout: Layout, plan: Plan): Condition {
  return all(filtersOf(layout, plan), testsOf(plan), entryOf(plan, plan.sort === null ? 'd.id' : `d.${columnOf(plan.sort)}`, 'd.id'));
}

/** The equality criteria that the scope does not already imply. */
function filtersOf(layout: Layout, plan: Plan): Condition {
  const within = layout.spec.words?.within ?? [];
  const fields = plan.index.slice(0, plan.combinations[0]?.length ?? 0).filter((field) => !within.includes(field));
  return all(...fields.map((field) => isOneOf(`d.${columnOf(field)}`, valuesOf(plan, field))));
}

/** The values asked for, of an equality field. */
export function valuesOf(plan: Plan, field: string): readonly ColumnValue[] {
  const at = plan.index.indexOf(field);
  return [...new Set(plan.combinations.map((values) => values[at] ?? null))].map(toColumn);
}

function isOneOf(column: string, values: readonly ColumnValue[]): Condition {
  return { text: values.length === 1 ? `${column} = ?` : `${column} IN (${values.map(() => '?').join(', ')})`, parameters: values };
}
