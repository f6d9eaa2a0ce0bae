import Database from 'better-sqlite3';
import { closeSync, openSync } from 'node:fs';
import { ownersFile, wipeUnusedBytes } from '@rolebook/sqlite-files';

/** One change, as the writer's thread gets it. Values are JSON texts, moments milliseconds since the epoch. */
export type Change =
  | { readonly change: 'compare-and-set'; readonly bucket: string; readonly key: string; readonly version: number | null; readonly json: string; readonly expiresAt: number | null; readonly now: number }
  | { readonly change: 'put'; readonly bucket: string; readonly entries: readonly (readonly [key: string, json: string, expiresAt: number | null])[] }
  | { readonly change: 'delete'; readonly bucket: string; readonly key: string }
  | { readonly change: 'sweep'; readonly now: number };

const BUSY_TIMEOUT_MS = 5000;

/** The writing side: applies groups of changes, each in one transaction with one fsync. Synchronous; runs in a thread of its own. */
export class OperationalDatabase {
  readonly #file: string;
  /** `null` where it was closed for wiping and could not be opened again: the next change tries. */
  #opened: ReturnType<typeof open> | null;
  /** Open for wiping; it stays so as long as the database is open (see `wipeUnusedBytes`). */
  #handle: number | null = null;

  constructor(file: string) {
    this.#file = ownersFile(file);
    this.#opened = open(file);
  }

  /** All of the changes, in order, or none. @returns for each whether it was made: false where an entry was not at the version expected */
  apply(changes: readonly Change[]): readonly boolean[] {
    const made = this.#open.db.transaction(() => changes.map((change) => this.#apply(change))).immediate();
    if (changes.some(({ change }) => change === 'sweep')) this.#wipe();
    return made;
  }

  close(): void {
    this.#opened?.db.close();
    if (this.#handle !== null) closeSync(this.#handle);
    this.#handle = null;
  }

  /** Clears what deleted entries left behind. Opened anew, the database remembers no page from before. */
  #wipe(): void {
    const [outcome] = this.#open.db.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }];
    if (outcome.busy !== 0) return; // Another process reads just now: the next sweep does it.
    this.#open.db.close();
    this.#opened = null;
    this.#handle ??= openSync(this.#file, 'r+');
    wipeUnusedBytes(this.#handle, 0, Infinity);
  }

  get #open(): ReturnType<typeof open> { return (this.#opened ??= open(this.#file)); }

  #apply(change: Change): boolean {
    switch (change.change) {
      case 'compare-and-set': {
        const { bucket, key, version, json, expiresAt, now } = change;
        if ((this.#open.statements.version.get(bucket, key, now) ?? null) !== version) return false;
        this.#put(bucket, key, json, expiresAt);
        return true;
      }
      case 'put':
        for (const [key, json, expiresAt] of change.entries) this.#put(change.bucket, key, json, expiresAt);
        return true;
      case 'delete':
        this.#open.statements.remove.run(change.bucket, change.key);
        return true;
      case 'sweep':
        this.#open.statements.sweep.run(change.now);
        return true;
    }
  }

  #put(bucket: string, key: string, json: string, expiresAt: number | null): void {
    this.#open.statements.put.run(bucket, key, this.#open.statements.next.get(), expiresAt, json);
  }
}

function open(file: string) {
  const db = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  db.pragma('journal_mode = WAL');
  // What is acknowledged is on the disk, and what is deleted is overwritten.
  db.pragma('synchronous = FULL');
  db.pragma('secure_delete = ON');
  db.pragma('temp_store = MEMORY');
  db.exec(`
    CREATE TABLE IF NOT EXISTS entries (
      bucket TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, expires_at INTEGER, json TEXT NOT NULL, PRIMARY KEY (bucket, key)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS entries_expiring ON entries (expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE IF NOT EXISTS last_version (version INTEGER NOT NULL);
    INSERT INTO last_version SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM last_version);
  `);
  const statements = {
    version: db.prepare<[string, string, number], number>('SELECT version FROM entries WHERE bucket = ? AND key = ? AND (expires_at IS NULL OR expires_at > ?)').pluck(),
    put: db.prepare('INSERT OR REPLACE INTO entries (bucket, key, version, expires_at, json) VALUES (?, ?, ?, ?, ?)'),
    remove: db.prepare('DELETE FROM entries WHERE bucket = ? AND key = ?'),
    sweep: db.prepare('DELETE FROM entries WHERE expires_at <= ?'),
    // One count for all entries: a version never comes back, even where a key was deleted and made again.
    next: db.prepare<[], number>('UPDATE last_version SET version = version + 1 RETURNING version').pluck(),
  };
  return { db, statements };
}
