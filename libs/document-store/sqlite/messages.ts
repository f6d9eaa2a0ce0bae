import type { CollectionSpec } from '@rolebook/kernel';
import type { SumState } from '../content-sum';
import type { Plan } from '../plan';
import type { Scalar } from '../port';
import type { ColumnValue } from './column';
import type { Successor } from './generations';
import type { Row, StoredRow } from './row';

/** What a thread of the read models is asked. `file` is the collection's database file. */
export type Task =
  | { readonly task: 'open'; readonly file: string; readonly spec: CollectionSpec }
  /** The answer, as that of `patch`: pages of the write-ahead log that wait to be carried over. */
  | { readonly task: 'write'; readonly file: string; readonly rows: readonly Row[]; readonly checkpoint: number }
  | { readonly task: 'patch'; readonly file: string; readonly changes: readonly { readonly id: string; readonly set: Readonly<Record<string, Scalar>> }[] }
  /** Carries the write-ahead log over into the database, while another thread writes. */
  | { readonly task: 'carry-over'; readonly file: string }
  /** The rest, by the thread that writes: nothing is added meanwhile, and its next write begins the log anew. */
  | { readonly task: 'carry-rest'; readonly file: string }
  /** Clears what removed documents left in some of the file's pages. The answer is the page to go on with, 0 at the end. */
  | { readonly task: 'scrub'; readonly file: string; readonly from: number }
  | { readonly task: 'close'; readonly file: string }
  /** Fills a file: a new one, or one that was marked. */
  | { readonly task: 'load'; readonly file: string; readonly spec: CollectionSpec; readonly eachOnce: boolean }
  | { readonly task: 'add'; readonly rows: readonly Row[] }
  | { readonly task: 'get'; readonly ids: readonly string[] }
  | { readonly task: 'find'; readonly index: readonly string[]; readonly sql: string; readonly parameters: readonly ColumnValue[] }
  | { readonly task: 'mark'; readonly note: string; readonly added: SumState }
  /** The answer is a sum of what is stored. */
  | { readonly task: 'finish'; readonly checkpoint: number }
  | { readonly task: 'discard' }
  /** Keeps all others from writing until `succeed` or `let-go`. The answer is the checkpoint. */
  | { readonly task: 'hold'; readonly file: string }
  /** Writes down what takes the file's place, and lets go. */
  | { readonly task: 'succeed'; readonly file: string; readonly successor: Successor }
  | { readonly task: 'let-go'; readonly file: string }
  /** A search and a count that take too long for the main thread. */
  | { readonly task: 'search'; readonly file: string; readonly spec: CollectionSpec; readonly plan: Plan; readonly limit: number }
  | { readonly task: 'count'; readonly file: string; readonly sql: string; readonly parameters: readonly ColumnValue[] };

interface Values {
  readonly get: readonly StoredRow[];
  readonly find: readonly string[];
  readonly search: readonly string[];
  readonly finish: string;
}

/** What a task is answered with; where it is not named above, a number. */
export type ValueOf<T extends Task> = T['task'] extends keyof Values ? Values[T['task']] : number;
export type Value = number | Values[keyof Values];

export interface Question {
  readonly number: number;
  readonly task: Task;
}

export type Answer =
  | { readonly number: number; readonly value: Value }
  | { readonly number: number; readonly failure: { readonly message: string; readonly kind: 'replaced' | 'unavailable' | 'other' } };
