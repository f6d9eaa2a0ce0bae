import Database from 'better-sqlite3';
import { parentPort } from 'node:worker_threads';
import { BulkWriter } from './bulk-writer';
import { CollectionWriter } from './collection-writer';
import type { Answer, Question, Task } from './messages';

/** The writing thread of the read models: everything that waits for the disk happens here and not on the event loop. */
const writers = new Map<string, CollectionWriter>();
/** What the disk or another process causes, and not the question. */
const FILE_TROUBLE = /^SQLITE_(BUSY|CANTOPEN|CORRUPT|FULL|IOERR|LOCKED|NOTADB|PERM|READONLY)/;
let load: BulkWriter | null = null;

function perform(task: Task): number {
  switch (task.task) {
    case 'open':
      writers.get(task.file)?.close();
      writers.set(task.file, new CollectionWriter(task.file, task.spec));
      return 0;
    case 'write':
      return writerOf(task.file).write(task.rows, task.checkpoint);
    case 'patch':
      return writerOf(task.file).patch(task.changes);
    case 'scrub':
      return scrub(writers.get(task.file), task.file);
    case 'close':
      writers.get(task.file)?.close();
      writers.delete(task.file);
      return 0;
    case 'load':
      load = new BulkWriter(task.file, task.spec);
      return 0;
    case 'add':
      return loading().add(task.rows);
    case 'finish':
      return loading().finish(task.checkpoint);
    case 'count':
      return count(task.file, task.sql, task.parameters);
  }
}

function writerOf(file: string): CollectionWriter {
  const writer = writers.get(file);
  if (writer === undefined) throw new Error(`${file} is not open`);
  return writer;
}

function loading(): BulkWriter {
  if (load === null) throw new Error('no bulk load is under way');
  return load;
}

function scrub(writer: CollectionWriter | undefined, file: string): number {
  if (writer !== undefined) return putAwayLog(writer.db);
  const db = new Database(file);
  try {
    return putAwayLog(db);
  } finally {
    db.close();
  }
}

/** @returns 0 once the write-ahead log is in the database and empty. @throws {Error} while another process reads from it */
function putAwayLog(db: Database.Database): number {
  const [outcome] = db.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }];
  if (outcome.busy !== 0) throw new Error('the write-ahead log is in use by another process: try again');
  return 0;
}

function count(file: string, sql: string, parameters: readonly unknown[]): number {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare<unknown[], number>(sql).pluck().get(...parameters) ?? 0;
  } finally {
    db.close();
  }
}

parentPort?.on('message', ({ number, task }: Question) => {
  parentPort?.postMessage(answer(number, task));
});

function answer(number: number, task: Task): Answer {
  try {
    return { number, value: perform(task) };
  } catch (error) {
    const unavailable = error instanceof Database.SqliteError && FILE_TROUBLE.test(error.code);
    return { number, failure: { message: error instanceof Error ? error.message : String(error), unavailable } };
  }
}
