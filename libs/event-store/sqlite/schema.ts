import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { asUnusable, sqliteCode } from '@rolebook/sqlite-files';

/** Marks the file as an event log of this product: 'RBEL'. */
const APPLICATION_ID = 0x5242454c;
const VERSION = 1;
const RESTORE = 'Restore it from a backup; the damaged file was left as it is.';
/** A log up to this size is checked page by page before a start, in some tenths of a second. */
const CHECKED_WHOLE_BYTES = 64 << 20;

/**
 * The log is small on purpose: stream names stand once, event ids in 16 bytes, moments in epoch milliseconds.
 * `position` is given out by the one transaction that may write at a time, so it is the commit order and has no gaps.
 */
const SCHEMA = `
  CREATE TABLE streams (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  );
  CREATE TABLE events (
    position    INTEGER PRIMARY KEY,
    stream      INTEGER NOT NULL REFERENCES streams (id),
    revision    INTEGER NOT NULL,
    event_id    BLOB    NOT NULL,
    type        TEXT    NOT NULL,
    data        TEXT    NOT NULL,
    metadata    TEXT    NOT NULL,
    recorded_at INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX events_by_stream ON events (stream, revision);
  CREATE UNIQUE INDEX events_by_id ON events (event_id);
`;

/** The file cannot serve as event log. The message says why, and what to do. */
export class EventLogUnusable extends Error {
  override readonly name = 'EventLogUnusable';
}

/**
 * Makes the log where there is none, and makes sure that what is there is one.
 * @throws {EventLogUnusable} for a folder or file that cannot be written, a damaged file, another program's file, or a newer version's
 */
export function prepareLog(file: string, busyTimeoutMs: number): void {
  makeFile(file);
  let db: Database.Database | null = null;
  try {
    db = new Database(file, { timeout: busyTimeoutMs });
    if (db.pragma('journal_mode', { simple: true }) !== 'wal' && db.pragma('journal_mode = WAL', { simple: true }) !== 'wal')
      throw new EventLogUnusable(`The event log ${file} cannot be kept with a write-ahead log there. Put ROLEBOOK_DATA on a local disk.`);
    db.pragma('synchronous = FULL');
    const log = db;
    log.transaction(() => migrate(log, file)).immediate();
    // Touches both ends of the log: a file cut off short shows here and not in the middle of the day.
    log.prepare('SELECT min(position) + max(position) FROM events').get();
    if (statSync(file).size <= CHECKED_WHOLE_BYTES) checkWhole(log, file);
  } catch (reason) {
    throw isSqliteError(reason) ? unusable(file, reason) : reason;
  } finally {
    db?.close();
  }
}

function checkWhole(db: Database.Database, file: string): void {
  const problem = db.pragma('integrity_check(1)', { simple: true }) as string;
  if (problem !== 'ok') throw new EventLogUnusable(`The event log ${file} is damaged (${problem.replaceAll(/\s+/g, ' ').slice(0, 200)}). ${RESTORE}`);
}

function migrate(db: Database.Database, file: string): void {
  const application = db.pragma('application_id', { simple: true });
  const version = db.pragma('user_version', { simple: true }) as number;
  const tables = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get();
  if (tables === 0 && version === 0) {
    db.exec(SCHEMA);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${VERSION}`);
  } else if (application !== APPLICATION_ID) {
    throw new EventLogUnusable(`The file ${file} is not an event log of Rolebook but another program's database. Name another data folder in ROLEBOOK_DATA.`);
  } else if (version > VERSION) {
    throw new EventLogUnusable(`The event log ${file} was written by a newer Rolebook (its format is ${version}, this one knows up to ${VERSION}). Start that newer version.`);
  }
}

/**
 * Makes the file readable to its owner only; SQLite gives its journals the same mode. A file that is there is not opened:
 * closing it again would drop the locks that another connection of this process holds on it (https://sqlite.org/howtocorrupt.html, section 2.2).
 */
function makeFile(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    if (existsSync(file)) accessSync(file, constants.R_OK | constants.W_OK);
    else closeSync(openSync(file, 'a', 0o600));
    accessSync(dirname(file), constants.W_OK);
    if (!statSync(file).isFile()) throw Object.assign(new Error('not a file'), { code: 'EISDIR' });
  } catch (reason) {
    throw new EventLogUnusable(`The event log ${file} cannot be opened for writing (${(reason as NodeJS.ErrnoException).code}). Make its folder writable to this process, or name another in ROLEBOOK_DATA.`, { cause: reason });
  }
}

function isSqliteError(reason: unknown): reason is Error & { readonly code: string } {
  return sqliteCode(reason) !== null;
}

function unusable(file: string, reason: Error & { readonly code: string }): EventLogUnusable {
  const { message } = asUnusable(reason, `The event log ${file}`, RESTORE) as Error;
  return new EventLogUnusable(message, { cause: reason });
}
