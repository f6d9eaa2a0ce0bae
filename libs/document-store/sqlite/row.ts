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
 * Words are found by their first so many letters. The lengths are close enough that any start of a word is one of these, or the
 * beginning of a few of them; longer words also stand as a whole, so that a full address is one list.
 */
export const HEADS = [2, 4, 7] as const;
export const WHOLE_WORD = 0;

/**
 * The terms a document is found by, as `kind` (a length of {@link HEADS}, or {@link WHOLE_WORD}) and term, each pair once.
 * @param words as in the column `words`
 */
export function termsOf(words: string): ReadonlyMap<string, readonly [kind: number, term: string]> {
  const terms = new Map<string, readonly [number, string]>();
  for (const word of words.split(WORD_BREAK)) {
    if (word === '') continue;
    // A letter of a key text is one code unit of the word.
    const letters = Array.from(word);
    for (const length of HEADS) {
      const head = letters.length <= length ? word : letters.slice(0, length).join('');
      terms.set(`${length}${head}`, [length, head]);
      if (letters.length <= length) break;
    }
    if (letters.length > HEADS[2]) terms.set(`${WHOLE_WORD}${word}`, [WHOLE_WORD, word]);
  }
  return terms;
}
