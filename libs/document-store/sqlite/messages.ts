import type { CollectionSpec } from '@rolebook/kernel';
import type { Plan } from '../plan';
import type { Scalar } from '../port';
import type { ColumnValue } from './column';
import type { Row } from './row';

/** What a thread of the read models is asked. `file` is the collection's database file. */
export type Task =
  | { readonly task: 'open'; readonly file: string; readonly spec: CollectionSpec }
  | { readonly task: 'write'; readonly file: string; readonly rows: readonly Row[]; readonly checkpoint: number }
  | { readonly task: 'patch'; readonly file: string; readonly changes: readonly { readonly id: string; readonly set: Readonly<Record<string, Scalar>> }[] }
  /** Clears what removed documents left in some of the file's pages. The answer is the page to go on with, 0 at the end. */
  | { readonly task: 'scrub'; readonly file: string; readonly from: number }
  | { readonly task: 'close'; readonly file: string }
  | { readonly task: 'load'; readonly file: string; readonly spec: CollectionSpec }
  | { readonly task: 'add'; readonly rows: readonly Row[] }
  | { readonly task: 'finish'; readonly checkpoint: number }
  /** A search and a count that take too long for the main thread. */
  | { readonly task: 'search'; readonly file: string; readonly spec: CollectionSpec; readonly plan: Plan; readonly limit: number }
  | { readonly task: 'count'; readonly file: string; readonly sql: string; readonly parameters: readonly ColumnValue[] };

export interface Question {
  readonly number: number;
  readonly task: Task;
}

export type Answer =
  | { readonly number: number; readonly value: number | readonly string[] }
  | { readonly number: number; readonly failure: { readonly message: string; readonly unavailable: boolean } };
