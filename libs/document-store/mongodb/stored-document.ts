import type { Document } from '@rolebook/kernel';
import type { DocumentWrite } from '../port';
import { checkedId, scalarField, wordsOf } from '../scalar';
import { equalityKey, sortKey, type Layout, type StoredDocument } from './layout';
import { placeKey, storedText, valueKey } from './stored-key';

/**
 * Letters of a word's beginning that are looked up. Any start of a word is one of these, or is longer than one, whose
 * documents are then tested: close enough that few are turned down, few enough that the index stays small.
 */
export const HEADS = [1, 2, 4, 7] as const;

/** @throws {TypeError} where an indexed field holds what cannot be found again, or the id is another's */
export function encodeWrite(layout: Layout, { id, document, position }: DocumentWrite): StoredDocument {
  if (document === null) return { _id: storedText(id), position };
  return encodeDocument(layout, checkedId(layout.spec, id, document), position);
}

/** The one place where a document becomes text. */
export function encodeDocument({ spec, equalities, places }: Layout, document: Document, position: number): StoredDocument {
  const words = spec.words === undefined ? [] : wordsOf(document, spec.words.field).map(storedText);
  return {
    _id: storedText(document.id),
    position,
    json: JSON.stringify(document),
    ...Object.fromEntries(equalities.map((field) => [equalityKey(field), valueKey(scalarField(document, field))])),
    ...Object.fromEntries(places.map((field) => [sortKey(field), placeKey(scalarField(document, field), document.id)])),
    ...(words.length === 0 ? {} : { words, heads: [...new Set(words.flatMap(headsOf))] }),
  };
}

/** The longest of {@link HEADS} that a start of a word has, and whether it is all of it. */
export function headOf(start: string): { readonly head: string; readonly exact: boolean } {
  const letters = Array.from(start);
  const length = HEADS.findLast((one) => one <= letters.length) ?? 0;
  return { head: letters.slice(0, length).join(''), exact: letters.length === length };
}

function headsOf(word: string): readonly string[] {
  const letters = Array.from(word);
  return HEADS.filter((length) => length <= letters.length).map((length) => letters.slice(0, length).join(''));
}
