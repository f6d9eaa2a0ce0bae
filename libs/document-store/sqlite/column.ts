import { keyText } from '../key-text';
import type { Scalar } from '../port';

/** What a column holds: see {@link toColumn}. */
export type ColumnValue = number | string | Uint8Array;

/** Before every number: what null is in a column. NULL itself would be in no range, and so before no keyset page. */
const NULL_FIRST = -Infinity;
const FALSE = Uint8Array.of(0);
const TRUE = Uint8Array.of(1);

/** A value as a column without a type has it, in the order of the port: SQLite sorts numbers, then text, then blobs. */
export function toColumn(value: Scalar): ColumnValue {
  if (value === null) return NULL_FIRST;
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return keyText(value);
  return value ? TRUE : FALSE;
}

/** Where the kind of a value begins (inclusive), and where the next kind does (exclusive; null: none follows). */
export function kindRange(value: string | number | boolean): { readonly first: ColumnValue; readonly next: ColumnValue | null } {
  if (typeof value === 'number') return { first: -Number.MAX_VALUE, next: '' };
  if (typeof value === 'string') return { first: '', next: new Uint8Array() };
  return { first: FALSE, next: null };
}
