import { join, resolve } from 'node:path';
import { systemClock, type Clock } from '@rolebook/kernel';
import { spawnWorker } from '@rolebook/worker';
import { LogReader } from './log-reader';
import { prepareLog } from './schema';
import { SqliteEventStore } from './sqlite-event-store';
import { WriterClient } from './writer-client';
import type { WriterData } from './writer.worker';

export { EventLogUnusable } from './schema';
export type { BulkAppend, SqliteEventStore } from './sqlite-event-store';

export interface SqliteEventStoreOptions {
  /** Made where it is missing. Other processes on this machine may have it open too. */
  readonly file: string;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** How long to wait for another process that is writing, in milliseconds; default 5,000. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens the event log kept in an SQLite file.
 * @throws {EventLogUnusable} where it cannot serve; the message says what to do
 */
export async function openSqliteEventStore({ file, clock = systemClock, busyTimeoutMs = 5000 }: SqliteEventStoreOptions): Promise<SqliteEventStore> {
  const path = resolve(file);
  prepareLog(path, busyTimeoutMs);
  const spawn = (bell: Int32Array) => spawnWorker(join(__dirname, 'writer.worker'), { workerData: { file: path, busyTimeoutMs, bell } satisfies WriterData });
  return new SqliteEventStore(new LogReader(path, busyTimeoutMs), (onCommit) => new WriterClient(spawn, onCommit), clock);
}
