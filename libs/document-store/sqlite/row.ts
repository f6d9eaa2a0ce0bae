import type { Document } from '@rolebook/kernel';
import { keyText, PAST_ALL_TEXT } from '../key-text';
import type { DocumentWrite } from '../port';
import { checkedId, scalarField, wordsOf } from '../scalar';
import { toColumn, type ColumnValue } from './column';
import type { Layout } from './layout';

/**
 * A document as the writer's thread gets it: one flat list, the cheapest thing to post.
 * `json: null` is a removal. `words` is a JSON list, each word after a {@link WORD_BREAK}.
 */
export type Row = readonly [id: string, position: number, json: string | null, words: string, ...fields: ColumnValue[]];

/** What a document is stored as: id in the form of `keyText`, position, JSON (null: removed). */
export type StoredRow = readonly [id: string, position: number, json: string | null];

/** Documents encoded in one go before the event loop gets its turn. */
const SLICE = 500;

/** How many values of a {@link Row} come before its fields. */
export const BEFORE_FIELDS = 4;

/** Where a word begins in the column `words`, and nothing else there. */
export const WORD_BREAK = PAST_ALL_TEXT;

/**
 * The one place where a document becomes JSON text; from here on it is passed along as that text.
 * @throws {TypeError} where an indexed field holds what cannot be found again, or the id is another's
 */
export function encodeWrite(layout: Layout, { id, document, position }: DocumentWrite): Row {
  if (document === null) return [keyText(id), position, null, '[]'];
  return encodeDocument(layout, checkedId(layout.spec, id, document), position);
}

export function encodeDocument({ spec, fields }: Layout, document: Document, position: number): Row {
  const words = spec.words === undefined ? '[]' : JSON.stringify(wordsOf(document, spec.words.field).map((word) => WORD_BREAK + keyText(word)));
  const row: [string, number, string, string, ...ColumnValue[]] = [keyText(document.id), position, JSON.stringify(document), words];
  for (const field of fields) row.push(toColumn(scalarField(document, field)));
  return row;
}

/** What the column `words` holds where a word begins like this. */
export function beginningInWords(start: string): string {
  return JSON.stringify(WORD_BREAK + keyText(start)).slice(1, -1);
}

/** Many, with a break for others now and then. */
export async function encodeWrites(layout: Layout, writes: readonly DocumentWrite[]): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const write of writes) {
    if (rows.length > 0 && rows.length % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
    rows.push(encodeWrite(layout, write));
  }
  return rows;
}
