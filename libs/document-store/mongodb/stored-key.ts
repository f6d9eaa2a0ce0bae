import { fromKeyText, keyText } from '../key-text';
import type { Scalar } from '../port';

/** Between a value and the id that follows it: below every letter of a {@link storedText}. */
const SEPARATOR = '\u0001';
/** Above the separator and, at the end of a value, below whatever else could follow. */
const AFTER_SEPARATOR = '\u0002';
const ESCAPE = '\u0002';
const LOW = /[\0-\u0002]/g;
const ESCAPED = /\u0002([\u0001-\u0003])/g;

const NULL = '0';
const NUMBER = '1';
const STRING = '2';
const BOOLEAN = '3';
/** Above every key. */
const END = '4';

/**
 * Text as it is stored and compared: MongoDB compares the bytes of UTF-8, and those of this text sort as the code units of the
 * given one. It keeps all beginnings: what starts with a text, stored starts with the stored text.
 * The letters U+0000 to U+0002 are escaped, so that a NUL comes into no regular expression and the separator is never part of a text.
 */
export function storedText(text: string): string {
  return keyText(text).replace(LOW, (letter) => ESCAPE + String.fromCharCode(letter.charCodeAt(0) + 1));
}

/** The text that {@link storedText} was given. */
export function fromStoredText(stored: string): string {
  return fromKeyText(stored.replace(ESCAPED, (_, letter: string) => String.fromCharCode(letter.charCodeAt(0) - 1)));
}

/**
 * A value of any kind as one string, so that one comparison has the port's order: null, numbers, strings, truth values.
 * MongoDB's own operators compare within a kind only (`$gt: 5` finds no text), which would end a page at the last number.
 */
export function valueKey(value: Scalar): string {
  if (value === null) return NULL;
  if (typeof value === 'number') return NUMBER + sortableNumber(value);
  if (typeof value === 'string') return STRING + storedText(value);
  return BOOLEAN + (value ? '1' : '0');
}

/** Where a document stands in the order of a field: by the value, and equals by their ids. No two documents have the same place. */
export function placeKey(value: Scalar, id: string): string {
  return valueKey(value) + SEPARATOR + storedText(id);
}

/** The places of all documents that have a value: from `first` (inclusive) to `next` (exclusive). */
export function placesOf(value: Scalar): { readonly first: string; readonly next: string } {
  const key = valueKey(value);
  return { first: key + SEPARATOR, next: key + AFTER_SEPARATOR };
}

/** The keys and places of all values of a kind: from `first` (inclusive) to `next` (exclusive). */
export function kindOf(value: string | number | boolean): { readonly first: string; readonly next: string } {
  if (typeof value === 'number') return { first: NUMBER, next: STRING };
  return typeof value === 'string' ? { first: STRING, next: BOOLEAN } : { first: BOOLEAN, next: END };
}

/** A finite number as 16 hexadecimal digits that sort as it does: the bits of IEEE 754, the sign turned over, and all of them below zero. */
function sortableNumber(value: number): string {
  const bits = Buffer.alloc(8);
  bits.writeDoubleBE(value + 0); // -0 becomes 0: they are equal
  const below = (bits[0] ?? 0) >= 0x80;
  for (const [at, byte] of bits.entries()) bits[at] = below ? ~byte : at === 0 ? byte ^ 0x80 : byte;
  return bits.toString('hex');
}
