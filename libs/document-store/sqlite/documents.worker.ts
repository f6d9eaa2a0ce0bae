import Database from 'better-sqlite3';
import { closeSync, openSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { CollectionSpec } from '@rolebook/kernel';
import { asUnusable, sqliteCode, wipeUnusedBytes } from '@rolebook/sqlite-files';
import { CollectionReplaced, DocumentStoreUnavailable } from '../port';
import { BulkWriter } from './bulk-writer';
import { CollectionWriter } from './collection-writer';
import { layoutOf } from './layout';
import type { Answer, Question, Task, Value } from './messages';
import { Reader } from './reader';
import { searchPage } from './search';

/** A thread of the read models: what waits for the disk or takes long happens here and not on the event loop. */
const writers = new Map<string, CollectionWriter>();
/** Of the collections that are open. */
const specs = new Map<string, CollectionSpec>();
/** What the disk or another process causes, and not the question. */
const FILE_TROUBLE = /^SQLITE_(BUSY|CANTOPEN|CORRUPT|FULL|IOERR|LOCKED|NOTADB|PERM|READONLY)/;
/** Files open for scrubbing; they stay so until the collection is closed (see `wipeUnusedBytes`). */
const handles = new Map<string, number>();
/** Pages of a part: 64 MiB, so that writes wait for a moment only. */
const SCRUBBED_AT_ONCE = 16_384;
const BUSY_TIMEOUT_MS = 5000;
/** The second takes what was added during the first, a tenth of it or so. */
const CARRY_OVER_PASSES = 2;
let load: BulkWriter | null = null;

function perform(task: Task): Value {
  switch (task.task) {
    case 'open':
      writers.get(task.file)?.close();
      writers.set(task.file, new CollectionWriter(task.file, task.spec));
      specs.set(task.file, task.spec);
      return 0;
    case 'write':
      return writerOf(task.file).write(task.rows, task.checkpoint);
    case 'patch':
      return writerOf(task.file).patch(task.changes);
    case 'carry-over':
      return carryOver(task.file);
    case 'carry-rest':
      return writerOf(task.file).carryRest();
    case 'scrub':
      return scrub(task.file, task.from);
    case 'close':
      return close(task.file);
    case 'load':
      load = new BulkWriter(task.file, task.spec, task.eachOnce);
      return 0;
    case 'add':
      return loading().add(task.rows);
    case 'get':
      return loading().get(task.ids);
    case 'find':
      return loading().find(task.index, task);
    case 'mark':
      return loading().mark(task.note, task.added);
    case 'finish':
      return loading().finish(task.checkpoint);
    case 'discard':
      return loading().discard();
    case 'hold':
      return writerOf(task.file).hold();
    case 'succeed':
      return writerOf(task.file).succeed(task.successor);
    case 'let-go':
      return writerOf(task.file).letGo();
    case 'search':
      return reading(task.file, (reader) => searchPage(reader, layoutOf(task.spec), task.plan, task.limit, true) ?? []);
    case 'count':
      return reading(task.file, (reader) => reader.count(task));
  }
}

function writerOf(file: string): CollectionWriter {
  const [writer, spec] = [writers.get(file), specs.get(file)];
  if (writer !== undefined) return writer;
  if (spec === undefined) throw new Error(`${file} is not open`);
  const again = new CollectionWriter(file, spec);
  writers.set(file, again);
  return again;
}

function loading(): BulkWriter {
  if (load === null) throw new Error('no bulk load is under way');
  return load;
}

/** One part of a file. The writer lets go of the pages it remembers, so that it cannot write old ones back. */
function scrub(file: string, from: number): number {
  writers.get(file)?.close();
  writers.delete(file); // the next write opens it again, whatever is in the way here
  try {
    putAwayLog(file);
    const handle = handles.get(file) ?? openSync(file, 'r+');
    handles.set(file, handle);
    return wipeUnusedBytes(handle, from, SCRUBBED_AT_ONCE);
  } finally {
    if (!specs.has(file)) close(file);
  }
}

/** Carries the write-ahead log over into the database, while the writer goes on in its own thread; then most of what it has added meanwhile. */
function carryOver(file: string): number {
  const db = new Database(file, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  try {
    for (let pass = 0; pass < CARRY_OVER_PASSES; pass++) {
      db.pragma('wal_checkpoint(PASSIVE)');
    }
    return 0;
  } finally {
    db.close();
  }
}

/** @throws {Error} while another process reads from the write-ahead log */
function putAwayLog(file: string): void {
  const db = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    const [outcome] = db.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }];
    if (outcome.busy !== 0) throw new Error('the write-ahead log is in use by another process: try again');
  } finally {
    db.close();
  }
}

function close(file: string): number {
  writers.get(file)?.close();
  writers.delete(file);
  specs.delete(file);
  const handle = handles.get(file);
  if (handle !== undefined) closeSync(handle);
  handles.delete(file);
  return 0;
}

function reading<Result>(file: string, read: (reader: Reader) => Result): Result {
  const reader = new Reader(file);
  try {
    return read(reader);
  } finally {
    reader.close();
  }
}

parentPort?.on('message', ({ number, task }: Question) => {
  parentPort?.postMessage(answer(number, task));
});

function answer(number: number, task: Task): Answer {
  try {
    return { number, value: perform(task) };
  } catch (error) {
    const said = 'file' in task ? asUnusable(error, `The read model ${task.file}`, 'Remove it and the files beside it whose names begin with its own, and start again: it is made anew from the log.') : error;
    return { number, failure: { message: said instanceof Error ? said.message : String(said), kind: kindOf(error) } };
  }
}

function kindOf(error: unknown): 'replaced' | 'unavailable' | 'other' {
  if (error instanceof CollectionReplaced) return 'replaced';
  return error instanceof DocumentStoreUnavailable || FILE_TROUBLE.test(sqliteCode(error) ?? '') ? 'unavailable' : 'other';
}
