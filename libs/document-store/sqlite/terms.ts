import { keyText } from '../key-text';
import { postingsTable } from './layout';

/**
 * Words are found by their first so many letters: any start of a word is one of these, or the beginning of a few of them.
 * Longer words also stand as a whole, so that a full address is one list. A term is the length and the letters, as in `4anna`.
 */
const HEADS = [2, 4, 7] as const;
const WHOLE_WORD = 0;

/** Some terms of a kind: all those that begin alike. */
export interface Start {
  /** As asked for. */
  readonly word: string;
  /** The beginning of the terms. */
  readonly term: string;
}

/** The terms that the words with this start have. */
export function startOf(word: string): Start {
  return { word, term: `${HEADS.find((length) => length >= word.length) ?? WHOLE_WORD}${keyText(word)}` };
}

/** The start that has one term, of all that the given one finds and more; null for a single letter. */
export function shorterStart({ word }: Start): Start | null {
  const length = HEADS.findLast((head) => head <= word.length);
  return length === undefined ? null : startOf(word.slice(0, length));
}

/** Kind, letters taken, and how long a word must be to have more to say than its shorter head. One letter is one code unit of the word. */
const KINDS = `(VALUES ${[...HEADS.map((length, at) => `('${length}', ${length}, ${HEADS[at - 1] ?? 0})`), `('${WHOLE_WORD}', ${Number.MAX_SAFE_INTEGER}, ${HEADS.at(-1)})`].join(', ')})`;

/** `SELECT scope, term, sort, id, doc`: what a row with these columns has in the postings; some of it twice. */
function selectPostings(source: string, { scope, sort, id, doc, words }: Record<'scope' | 'sort' | 'id' | 'doc' | 'words', string>): string {
  return `
    SELECT ${scope} AS scope, kind.column1 || substr(word.value, 2, kind.column2) AS term, ${sort} AS sort, ${id} AS id, ${doc} AS doc
    FROM ${source === '' ? '' : `${source} CROSS JOIN `}json_each(${words}) word CROSS JOIN ${KINDS} kind WHERE length(word.value) - 1 > kind.column3`;
}

const ONE_ROW = { scope: ':scope', sort: ':sort', id: ':id', doc: ':doc', words: ':words' };

/** Adds the postings of one document, for one of the sorts. */
export function addPostings(sort: number): string {
  return `INSERT OR IGNORE INTO ${postingsTable(sort)} (scope, term, sort, id, doc) ${selectPostings('', ONE_ROW)}`;
}

/** Removes the postings of one document, for one of the sorts. */
export function removePostings(sort: number): string {
  return `DELETE FROM ${postingsTable(sort)} WHERE (scope, term, sort, id) IN (SELECT scope, term, sort, id FROM (${selectPostings('', ONE_ROW)}))`;
}

/** Makes the postings of all documents, for one of the sorts, in the order in which they lie. */
export function fillPostings(sort: number, column: string): string {
  const columns = { scope: 'd.scope', sort: `d.${column}`, id: 'd.id', doc: 'd.doc', words: 'd.words' };
  return `INSERT OR IGNORE INTO ${postingsTable(sort)} (scope, term, sort, id, doc) ${selectPostings('documents d', columns)} ORDER BY 1, 2, 3, 4`;
}
