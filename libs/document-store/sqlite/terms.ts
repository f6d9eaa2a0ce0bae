import { keyText } from '../key-text';
import { postingsTable } from './layout';
import { WORD_BREAK } from './row';

/**
 * Words are found by their first so many letters: any start of a word is one of these, or the beginning of a few of them.
 * Longer words also stand as a whole, so that a full address is one list. A term is the length and the letters, as in `4anna`.
 */
const HEADS = [2, 4, 7] as const;
const WHOLE_WORD = 0;
const SURROGATE = /[\ud800-\udfff]/;

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

/** What a document has in the postings; some of it twice. */
const POSTINGS = `
  SELECT :scope AS scope, kind.column1 || substr(word.value, 2, kind.column2) AS term, :sort AS sort, :id AS id, :doc AS doc
  FROM json_each(:words) word CROSS JOIN ${KINDS} kind WHERE length(word.value) - 1 > kind.column3`;

/** Adds the postings of one document, for one of the sorts. */
export function addPostings(sort: number): string {
  return `INSERT OR IGNORE INTO ${postingsTable(sort)} (scope, term, sort, id, doc) ${POSTINGS}`;
}

/** Removes the postings of one document, for one of the sorts. */
export function removePostings(sort: number): string {
  return `DELETE FROM ${postingsTable(sort)} WHERE (scope, term, sort, id) IN (SELECT scope, term, sort, id FROM (${POSTINGS}))`;
}

/** The terms of words, each after its word break, as {@link addPostings} makes them of one document; some of them twice. */
export function termsOf(words: readonly string[]): readonly string[] {
  const terms: string[] = [];
  for (const word of words) {
    const letters = lettersOf(word);
    let shorter = 0;
    for (const length of HEADS) {
      if (letters.length > shorter) terms.push(`${length}${letters.length <= length ? letters.text : letters.first(length)}`);
      shorter = length;
    }
    if (letters.length > shorter) terms.push(`${WHOLE_WORD}${letters.text}`);
  }
  return terms;
}

/** A word without its break, in characters as SQLite counts them: code points. */
function lettersOf(word: string): { readonly text: string; readonly length: number; first(count: number): string } {
  const text = word.slice(WORD_BREAK.length);
  if (!SURROGATE.test(text)) return { text, length: text.length, first: (count) => text.slice(0, count) };
  const points = [...text];
  return { text, length: points.length, first: (count) => points.slice(0, count).join('') };
}
