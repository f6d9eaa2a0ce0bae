import type { Plan } from '../plan';
import { keyText, PAST_ALL_TEXT } from '../key-text';
import { toColumn, type ColumnValue } from './column';
import { columnOf, postingsTable, withinColumns, type Layout } from './layout';
import { all, countQuery, entryOf, orderOf, pageQuery, type Condition, type Query } from './page-sql';
import type { Reader } from './reader';
import { HEADS, WHOLE_WORD, WORD_BREAK } from './row';

/** More lists than this are not merged: then the list of a shorter start is walked and the words are tested. */
const MOST_LISTS = 64;
/** Documents looked at before a walk that has not filled its page is thought over. */
const PATIENCE = 500;
/** So many documents are sorted rather than walked past; what is more is not counted. */
const FEW = 2000;

/** Some terms of a kind, all those that begin alike. */
interface Start {
  readonly word: string;
  readonly kind: number;
  readonly beginning: string;
}

/**
 * A page of a word-start search, in page order, without reading all that match.
 *
 * A start of a word has a few lists of documents in page order, which are merged: as quick as a page without a search, however
 * many match. Where it has too many, the list of a shorter start is walked and the words are tested. Where other criteria turn
 * most matches down, or the sort has no such lists, the smaller side is found by counting a little: few matches are sorted,
 * few documents that meet the other criteria are walked.
 */
export function searchPage(reader: Reader, layout: Layout, plan: Plan, limit: number): readonly string[] {
  const search = { reader, layout, plan, limit };
  const [driver] = byRarity(search, plan.wordStarts.map(startOf));
  if (driver === undefined) return [];
  const sort = layout.sorts.indexOf(plan.sort ?? 'id');
  return sort === -1 ? sortFewOrTestMany(search, driver) : mergeLists(search, driver, sort);
}

interface Search {
  readonly reader: Reader;
  readonly layout: Layout;
  readonly plan: Plan;
  readonly limit: number;
}

function sortFewOrTestMany(search: Search, driver: Start): readonly string[] {
  return matchesOf(search, driver) < FEW ? sortFew(search, driver) : testMany(search);
}

function mergeLists(search: Search, driver: Start, sort: number): readonly string[] {
  const lists = listsOf(search, driver);
  if (lists.length <= MOST_LISTS) return walkLists(search, driver, lists, sort);
  if (matchesOf(search, driver) < FEW) return sortFew(search, driver);
  const head = shorter(driver);
  return head === null ? testMany(search) : walkLists(search, driver, listsOf(search, head), sort);
}

function walkLists(search: Search, driver: Start, lists: readonly number[], sort: number): readonly string[] {
  if (lists.length === 0) return [];
  const { reader, layout, plan, limit } = search;
  const walk = walkQuery(layout, plan, lists, sort);
  const page = reader.walk(walk, limit, PATIENCE);
  if (page !== null) return page;
  const matches = matchesOf(search, driver);
  const candidates = reader.count(countQuery(plan, FEW));
  if (matches < FEW && matches <= candidates) return sortFew(search, driver);
  return candidates < FEW ? testMany(search) : (reader.walk(walk, limit, Infinity) ?? []);
}

/** All that match, sorted. */
function sortFew({ reader, layout, plan, limit }: Search, driver: Start): readonly string[] {
  return reader.texts(fewQuery(layout, plan, driver, limit));
}

/** All that meet the other criteria, in page order, each one's words tested. */
function testMany({ reader, plan, limit }: Search): readonly string[] {
  return reader.texts(pageQuery(plan, limit, testsOf(plan)));
}

/** How many documents a search finds: looks at every one of them. */
export function searchCount(layout: Layout, plan: Plan): Query {
  const [driver] = plan.wordStarts.map(startOf).sort((a, b) => b.word.length - a.word.length);
  if (driver === undefined) throw new Error('a search needs a word');
  const matches = documentsOf(layout, plan, driver);
  const criteria = criteriaOf(layout, { ...plan, after: null });
  return { sql: `SELECT count(*) FROM ${matches.text} WHERE ${criteria.text}`, parameters: [...matches.parameters, ...criteria.parameters] };
}

function startOf(word: string): Start {
  return { word, kind: HEADS.find((length) => length >= word.length) ?? WHOLE_WORD, beginning: keyText(word) };
}

/** The start that has one list, of all that the given one finds and more; null for a single letter. */
function shorter({ word }: Start): Start | null {
  const kind = HEADS.findLast((length) => length <= word.length);
  return kind === undefined ? null : { word, kind, beginning: keyText(word.slice(0, kind)) };
}

/** The rarest first: it finds the documents, the others only test them. */
function byRarity(search: Search, starts: readonly Start[]): readonly Start[] {
  if (starts.length < 2) return starts;
  const counted = starts.map((start) => ({ start, matches: matchesOf(search, start) }));
  return counted.sort((a, b) => a.matches - b.matches).map(({ start }) => start);
}

/** How many postings a start has, counted up to {@link FEW}. */
function matchesOf({ reader, layout, plan }: Search, start: Start): number {
  return reader.count(matchesQuery(layout, plan, start, FEW));
}

function listsOf({ reader, layout, plan }: Search, start: Start): readonly number[] {
  const terms = termsOf(layout, plan, start);
  return reader.numbers({ sql: `SELECT term_id FROM terms t WHERE ${terms.text} LIMIT ${MOST_LISTS + 1}`, parameters: terms.parameters });
}

function termsOf({ spec, ...layout }: Layout, plan: Plan, { kind, beginning }: Start): Condition {
  const within = withinColumns({ spec, ...layout }).map((column, at) => isOneOf(`t.${column}`, valuesOf(plan, spec.words?.within[at] ?? '')));
  return all(...within, { text: 't.kind = ? AND t.term >= ? AND t.term < ?', parameters: [kind, beginning, beginning + PAST_ALL_TEXT] });
}

/** The lists merged in page order, each entry with its document if that meets everything else. */
function walkQuery(layout: Layout, plan: Plan, lists: readonly number[], sort: number): Query {
  const tests = all(filtersOf(layout, plan), testsOf(plan));
  const start = entryOf(plan, 'p.sort', plan.sort === null ? 'p.sort' : 'p.id');
  const text = `SELECT CASE WHEN ${tests.text} THEN d.json END AS json, p.sort AS sort, p.id AS id
    FROM ${postingsTable(sort)} p CROSS JOIN documents d ON d.doc = p.doc WHERE p.term_id = ?${start.text === '' ? '' : ` AND ${start.text}`}`;
  const order = lists.length === 1 ? orderOf(plan, 'p.sort', 'p.id') : orderOf(plan, 'sort', 'id');
  return {
    sql: `${lists.map(() => text).join(' UNION ALL ')} ORDER BY ${order}`,
    parameters: lists.flatMap((list) => [...tests.parameters, list, ...start.parameters]),
  };
}

/** All that match the start, met with the rest and sorted. */
function fewQuery(layout: Layout, plan: Plan, start: Start, limit: number): Query {
  const matches = documentsOf(layout, plan, start);
  const criteria = criteriaOf(layout, plan);
  const order = orderOf(plan, plan.sort === null ? 'd.id' : `d.${columnOf(plan.sort)}`, 'd.id');
  return { sql: `SELECT d.json FROM ${matches.text} WHERE ${criteria.text} ORDER BY ${order} LIMIT ?`, parameters: [...matches.parameters, ...criteria.parameters, limit] };
}

function documentsOf(layout: Layout, plan: Plan, start: Start): Condition {
  const terms = termsOf(layout, plan, start);
  return {
    text: `(SELECT DISTINCT p.doc AS doc FROM terms t CROSS JOIN ${postingsTable(0)} p ON p.term_id = t.term_id WHERE ${terms.text}) m CROSS JOIN documents d ON d.doc = m.doc`,
    parameters: terms.parameters,
  };
}

function matchesQuery(layout: Layout, plan: Plan, start: Start, most: number): Query {
  const terms = termsOf(layout, plan, start);
  return {
    sql: `SELECT count(*) FROM (SELECT 1 FROM terms t CROSS JOIN ${postingsTable(0)} p ON p.term_id = t.term_id WHERE ${terms.text} LIMIT ?)`,
    parameters: [...terms.parameters, most],
  };
}

function criteriaOf(layout: Layout, plan: Plan): Condition {
  const entry = entryOf(plan, plan.sort === null ? 'd.id' : `d.${columnOf(plan.sort)}`, 'd.id');
  return all(filtersOf(layout, plan), testsOf(plan), entry);
}

/** The equality criteria that the lists do not already imply. */
function filtersOf(layout: Layout, plan: Plan): Condition {
  const within = layout.spec.words?.within ?? [];
  const fields = plan.index.slice(0, plan.combinations[0]?.length ?? 0).filter((field) => !within.includes(field));
  return all(...fields.map((field) => isOneOf(`d.${columnOf(field)}`, valuesOf(plan, field))));
}

/** Each start begins a word of the document. */
function testsOf(plan: Plan): Condition {
  return all(...plan.wordStarts.map((start) => ({ text: 'instr(words, ?) > 0', parameters: [WORD_BREAK + keyText(start)] })));
}

function valuesOf(plan: Plan, field: string): readonly ColumnValue[] {
  const at = plan.index.indexOf(field);
  return [...new Set(plan.combinations.map((values) => values[at] ?? null))].map(toColumn);
}

function isOneOf(column: string, values: readonly ColumnValue[]): Condition {
  if (values.length === 0) return { text: '0', parameters: [] };
  return { text: values.length === 1 ? `${column} = ?` : `${column} IN (${values.map(() => '?').join(', ')})`, parameters: values };
}
