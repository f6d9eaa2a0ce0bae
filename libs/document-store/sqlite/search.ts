import { PAST_ALL_TEXT } from '../key-text';
import type { Plan } from '../plan';
import type { ColumnValue } from './column';
import { scopeKey, type Layout } from './layout';
import { countQuery, walkQuery, type Query } from './page-sql';
import type { Reader } from './reader';
import { documentQuery, mergeQuery, postingsCountQuery, searchCountQuery, seekQuery, sortQuery, termsQuery, testsOf, valuesOf, type List, type Place } from './search-sql';
import { shorterStart, startOf, type Start } from './terms';

/** More lists than this are not merged: then the list of a shorter start is walked and the words are tested. */
const MOST_LISTS = 64;
/** As many lists of a word are worth seeking in, rather than testing the word. */
const MOST_SOUGHT = 8;
/** Documents looked at before a walk that has not filled its page is thought over: a few milliseconds' worth. */
const PATIENCE = 1500;
/** Steps of a search by several words that take about as long. */
const STEPS = 300;
/** So many documents are sorted rather than walked past; what is more is not counted. */
const FEW = 2000;

type Posting = readonly [sort: ColumnValue, id: string, doc: number];

interface Search {
  readonly reader: Reader;
  readonly layout: Layout;
  readonly plan: Plan;
  readonly limit: number;
  readonly scopes: readonly number[];
  /** Whether it may take as long as it takes. */
  readonly patient: boolean;
}

/**
 * A page of a word-start search, in page order, without reading all that match.
 *
 * A start of a word has a few lists of documents in page order, which are merged: as quick as a page without a search, however
 * many match. Where it has too many, the list of a shorter start is walked and the words are tested. Several words are sought
 * in turn, each from where the other stands. Where other criteria turn most matches down, or the sort has no such lists, the
 * smaller side is found by counting a little: few matches are sorted, few documents that meet the other criteria are walked.
 * @param patient whether to go on however long it takes
 * @returns null where it would take more than some milliseconds, and is not patient
 */
export function searchPage(reader: Reader, layout: Layout, plan: Plan, limit: number, patient: boolean): readonly string[] | null {
  const search = { reader, layout, plan, limit, patient, scopes: scopesOf(reader, layout, plan) };
  if (search.scopes.length === 0) return [];
  const starts = plan.wordStarts.map(startOf);
  const sort = layout.sorts.indexOf(plan.sort ?? 'id');
  if (sort === -1) return sortFewOrTestMany(search, rarest(search, starts));
  const sides = starts.length < 2 ? [] : starts.map((start) => listsOf(search, start, MOST_SOUGHT)).filter((lists) => lists.length <= MOST_SOUGHT);
  return sides.length < 2 ? mergeLists(search, rarest(search, starts), sort) : leapfrog(search, sides, sort);
}

/** How many documents a search finds: the number, or how to count them where that takes long. */
export function searchCount(reader: Reader, layout: Layout, plan: Plan): number | Query {
  const search = { reader, layout, plan, limit: 0, patient: false, scopes: scopesOf(reader, layout, plan) };
  if (search.scopes.length === 0) return 0;
  const driver = rarest(search, plan.wordStarts.map(startOf));
  const query = searchCountQuery(layout, plan, search.scopes, driver);
  return matchesOf(search, driver) < FEW ? reader.count(query) : query;
}

/**
 * Documents with all of the words: every word seeks the first of its documents at or past the place of the others, until all
 * stand at the same. Skips whatever lies between, such as all the Annas before Anna Kowalska.
 * @param sides the lists of each of the words; of a word left out, the documents are tested
 */
function leapfrog(search: Search, sides: readonly (readonly List[])[], sort: number): readonly string[] | null {
  if (sides.some((lists) => lists.length === 0)) return [];
  const { reader, layout, plan, limit, patient } = search;
  const page: string[] = [];
  let place: Place | null = null;
  let agreed = 0;
  for (let step = 0; patient || step < STEPS; step++) {
    const lists: readonly List[] = sides[step % sides.length] ?? [];
    const posting = seek(search, lists, sort, place);
    if (posting === undefined) return page;
    const [value, id, doc]: Posting = posting;
    agreed = place?.id === id ? agreed + 1 : 1;
    place = { sort: value, id, passed: false };
    if (agreed < sides.length) continue;
    page.push(...reader.texts(documentQuery(layout, plan, doc)));
    if (page.length === limit) return page;
    place = { sort: value, id, passed: true };
    agreed = 0;
  }
  return null;
}

function seek({ reader, plan }: Search, lists: readonly List[], sort: number, from: Place | null): Posting | undefined {
  return reader.rows<Posting>(seekQuery(plan, lists, sort, from))[0];
}

function sortFewOrTestMany(search: Search, driver: Start): readonly string[] | null {
  return matchesOf(search, driver) < FEW ? sortFew(search, driver) : testMany(search);
}

function mergeLists(search: Search, driver: Start, sort: number): readonly string[] | null {
  const lists = listsOf(search, driver, MOST_LISTS);
  if (lists.length <= MOST_LISTS) return walkLists(search, driver, lists, sort);
  if (matchesOf(search, driver) < FEW) return sortFew(search, driver);
  const head = shorterStart(driver);
  return head === null ? testMany(search) : walkLists(search, driver, listsOf(search, head, MOST_LISTS), sort);
}

function walkLists(search: Search, driver: Start, lists: readonly List[], sort: number): readonly string[] | null {
  if (lists.length === 0) return [];
  const { reader, layout, plan, limit, patient } = search;
  const walk = mergeQuery(layout, plan, lists, sort);
  const page = reader.walk(walk, limit, PATIENCE);
  if (page !== null) return page;
  const matches = matchesOf(search, driver);
  const candidates = reader.count(countQuery(plan, FEW));
  if (matches < FEW && matches <= candidates) return sortFew(search, driver);
  if (candidates < FEW) return reader.walk(walkQuery(plan, testsOf(plan)), limit, FEW);
  return patient ? reader.walk(walk, limit, Infinity) : null;
}

/** All that match, sorted. */
function sortFew({ reader, layout, plan, scopes, limit }: Search, driver: Start): readonly string[] {
  return reader.texts(sortQuery(layout, plan, scopes, driver, limit));
}

/** All that meet the other criteria, in page order, each one's words tested. */
function testMany({ reader, plan, limit, patient }: Search): readonly string[] | null {
  return reader.walk(walkQuery(plan, testsOf(plan)), limit, patient ? Infinity : PATIENCE);
}

/** The start with the fewest documents: it finds them, the others only test them. */
function rarest(search: Search, starts: readonly Start[]): Start {
  const [first, ...others] = starts;
  if (first === undefined) throw new Error('a search needs a word');
  if (others.length === 0) return first;
  const counted = starts.map((start) => ({ start, matches: matchesOf(search, start) }));
  return counted.reduce((a, b) => (b.matches < a.matches ? b : a)).start;
}

/** How many postings a start has, counted up to {@link FEW}. */
function matchesOf({ reader, scopes }: Search, start: Start): number {
  return reader.count(postingsCountQuery(scopes, start, FEW));
}

/** The lists of a start; where there are more than `most`, one more than that. */
function listsOf({ reader, scopes }: Search, { term }: Start, most: number): readonly List[] {
  const sql = termsQuery(most + 1);
  const lists = scopes.flatMap((scope) => reader.named<string>(sql, { scope, start: term, end: term + PAST_ALL_TEXT }).map((one) => ({ scope, term: one })));
  return lists.slice(0, most + 1);
}

/** The scopes that a search is within, those left out that have never had a document. */
function scopesOf(reader: Reader, { spec }: Layout, plan: Plan): readonly number[] {
  const within = (spec.words?.within ?? []).map((field) => valuesOf(plan, field));
  const keys = within.reduce<readonly (readonly ColumnValue[])[]>((rows, values) => rows.flatMap((row) => values.map((value) => [...row, value])), [[]]);
  return keys.flatMap((key) => reader.numbers({ sql: 'SELECT scope FROM scopes WHERE key = ?', parameters: [scopeKey(key)] }));
}
