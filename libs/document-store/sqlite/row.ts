import type { Document } from '@rolebook/kernel';
import { checkedId, scalarField, wordsOf } from '../scalar';
import type { DocumentWrite } from '../port';
import { keyText, PAST_ALL_TEXT } from '../key-text';
import { toColumn, type ColumnValue } from './column';
import type { Layout } from './layout';

/** A document as the writer's thread gets it: one flat list, the cheapest thing to post. `json: null` is a removal. */
export type Row = readonly [id: string, position: number, json: string | null, words: string, ...fields: ColumnValue[]];

/** How many values of a {@link Row} come before its fields. */
export const BEFORE_FIELDS = 4;

/** Where a word begins in the column `words`. */
export const WORD_BREAK = PAST_ALL_TEXT;

/**
 * The one place where a document becomes JSON text; from here on it is passed along as that text.
 * @throws {TypeError} where an indexed field holds what cannot be found again, or the id is another's
 */
export function encodeWrite(layout: Layout, { id, document, position }: DocumentWrite): Row {
  if (document === null) return [keyText(id), position, null, ''];
  return encodeDocument(layout, checkedId(layout.spec, id, document), position);
}

export function encodeDocument({ spec, fields }: Layout, document: Document, position: number): Row {
  const row: [string, number, string, string, ...ColumnValue[]] = [keyText(document.id), position, JSON.stringify(document), ''];
  if (spec.words !== undefined) row[3] = wordsOf(document, spec.words.field).map((word) => WORD_BREAK + keyText(word)).join('');
  for (const field of fields) row.push(toColumn(scalarField(document, field)));
  return row;
}

/**
 * The terms a document is found by: the first one and the first three letters of each of its words, and each word longer than
 * that as a whole. A short start of a word is then one list of documents, a longer one a few.
 * @param words as in the column `words`
 * @returns `kind` and term, each pair once
 */
export function termsOf(words: string): ReadonlyMap<string, readonly [kind: number, term: string]> {
  const terms = new Map<string, readonly [number, string]>();
  const add = (kind: number, term: string) => terms.set(`${kind}${term}`, [kind, term]);
  for (const word of words.split(WORD_BREAK)) {
    if (word === '') continue;
    const letters = Array.from(word);
    add(ONE_LETTER, letters[0] ?? '');
    add(THREE_LETTERS, letters.slice(0, 3).join(''));
    if (letters.length > 3) add(WHOLE_WORD, word);
  }
  return terms;
}

export const WHOLE_WORD = 0;
export const ONE_LETTER = 1;
export const THREE_LETTERS = 3;
