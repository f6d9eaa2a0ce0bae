import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { sqliteCode } from '@rolebook/sqlite-files';
import type { KeyStore, StoredSubjectKey } from '../port';
import { ownCopy } from '../secret-bytes';

const SCHEMA_VERSION = 1;
/**
 * Bytes of a slot: the length of what it holds, that, and zeros. All slots are of one size, so that a key is
 * overwritten where it stands. A row that changed its size would be moved about the page, and a copy
 * of the key could stay behind in the part of a page that nothing refers to.
 */
const SLOT_BYTES = 96;

/** How long to wait, in milliseconds, for another process: to write, and for it to let go of the old log. */
const WRITE_PATIENCE = 5_000;
const SCRUB_PATIENCE = 1_000;

const SCHEMA = `
  CREATE TABLE subject_keys (id INTEGER PRIMARY KEY, subject TEXT NOT NULL UNIQUE, slot BLOB NOT NULL);
  CREATE TABLE erasures (id INTEGER PRIMARY KEY, subject TEXT NOT NULL UNIQUE, at TEXT NOT NULL);
  CREATE TABLE secrets (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL);
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** A call of the key store, as it travels to the thread that owns the file. */
export type KeyStoreCall = { [Method in KeyStoreMethod]: { readonly method: Method; readonly args: Parameters<KeyStore[Method]> } }[KeyStoreMethod];
export type KeyStoreMethod = Exclude<keyof KeyStore, 'close'>;
/** `again`: the disk or another process was in the way, so the call may be made again. */
export type KeyStoreResult = { readonly value: unknown } | { readonly error: string; readonly again: boolean };

/** After these, an overwritten key may still stand in the write-ahead log. */
const LEAVES_REMAINS: ReadonlySet<KeyStoreMethod> = new Set(['destroy', 'rewrap', 'putSecret']);

/** keys.db, synchronously: owned by one thread. Its rows hold wrapped keys only, nothing in plain. */
export class KeyDatabase {
  readonly #db: Database.Database;

  /** Opens the file, or makes it, readable by its owner alone. */
  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600)); // SQLite gives its log files the mode of this one
    this.#db = new Database(file, { timeout: WRITE_PATIENCE });
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = FULL');
    this.#db.pragma('secure_delete = ON');
    this.#db.pragma('temp_store = MEMORY');
    this.#migrate(file);
  }

  #migrate(file: string): void {
    this.#db.transaction(() => {
      const version = this.#db.pragma('user_version', { simple: true });
      if (version === 0) this.#db.exec(SCHEMA);
      else if (version !== SCHEMA_VERSION) {
        throw new Error(`${file} was written by a newer Rolebook (schema ${String(version)}): start that version, or restore the file from a backup`);
      }
    }).immediate();
  }

  /**
   * Carries out many calls with one write to disk. Where one fails, the others are not harmed:
   * they are then carried out one by one.
   */
  run(calls: readonly KeyStoreCall[]): readonly KeyStoreResult[] {
    let results: readonly KeyStoreResult[];
    try {
      results = this.#db.transaction(() => calls.map((call) => ({ value: this.#apply(call) }))).immediate();
    } catch (error) {
      if (calls.length <= 1) return calls.map(() => ({ error: (error as Error).message, again: sqliteCode(error) !== null }));
      return calls.flatMap((call) => this.run([call]));
    }
    return calls.some((call) => LEAVES_REMAINS.has(call.method)) ? this.#removeRemains(calls, results) : results;
  }

  /** Moves the log into the file and cuts it to nothing; a caller who wants something gone is told where that failed. */
  #removeRemains(calls: readonly KeyStoreCall[], results: readonly KeyStoreResult[]): readonly KeyStoreResult[] {
    let error = 'the key is destroyed, but another process reads keys.db and keeps its old bytes in the write-ahead log: try again';
    try {
      this.#db.pragma(`busy_timeout = ${SCRUB_PATIENCE}`);
      const [outcome] = this.#db.pragma('wal_checkpoint(TRUNCATE)') as [{ readonly busy: number }];
      if (outcome.busy === 0) return results;
    } catch (failure) {
      error = `the key is destroyed, but the write-ahead log could not be emptied: ${(failure as Error).message}`;
    } finally {
      this.#db.pragma(`busy_timeout = ${WRITE_PATIENCE}`);
    }
    return results.map((result, i) => (LEAVES_REMAINS.has((calls[i] as KeyStoreCall).method) ? { error, again: true } : result));
  }

  close(): void {
    this.#db.close();
  }

  #apply(call: KeyStoreCall): unknown {
    switch (call.method) {
      case 'getMany': return this.#getMany(...call.args);
      case 'putIfAbsent': return this.#putIfAbsent(...call.args);
      case 'destroy': return this.#destroy(...call.args);
      case 'destroyed': return this.#statement('SELECT subject, at FROM erasures ORDER BY at, id').all();
      case 'scan': return this.#scan(...call.args);
      case 'rewrap': return this.#rewrap(...call.args);
      case 'getSecret': return this.#getSecret(...call.args);
      case 'putSecretIfAbsent': {
        const [name, wrapped] = call.args;
        this.#statement('INSERT INTO secrets (name, wrapped) VALUES (?, ?) ON CONFLICT DO NOTHING').run(name, wrapped);
        return this.#getSecret(name);
      }
      case 'putSecret':
        this.#statement('INSERT INTO secrets (name, wrapped) VALUES (?, ?) ON CONFLICT DO UPDATE SET wrapped = excluded.wrapped').run(...call.args);
        return undefined;
      case 'secretNames': return this.#statement('SELECT name FROM secrets ORDER BY name').pluck().all();
      case 'ping':
        this.#statement('SELECT 1').get();
        return undefined;
    }
  }

  #get(subject: string): StoredSubjectKey | undefined {
    const erasure = this.#statement('SELECT at FROM erasures WHERE subject = ?').get(subject) as { at: string } | undefined;
    if (erasure) return { destroyedAt: erasure.at };
    const key = this.#statement('SELECT slot FROM subject_keys WHERE subject = ?').get(subject) as { slot: Uint8Array } | undefined;
    return key && { wrapped: fromSlot(key.slot) };
  }

  /** One statement for all: a rebuild asks for the keys of a million people. */
  #getMany(subjects: readonly string[]): Map<string, StoredSubjectKey> {
    const rows = this.#statement(`
      SELECT asked.value, erasure.at, key.slot FROM json_each(?) asked
      LEFT JOIN erasures erasure ON erasure.subject = asked.value LEFT JOIN subject_keys key ON key.subject = asked.value
      WHERE erasure.at IS NOT NULL OR key.slot IS NOT NULL`).raw().all(JSON.stringify(subjects)) as [string, string | null, Uint8Array][];
    return new Map(rows.map(([subject, destroyedAt, slot]) => [subject, destroyedAt === null ? { wrapped: fromSlot(slot) } : { destroyedAt }]));
  }

  #putIfAbsent(subject: string, wrapped: Uint8Array): StoredSubjectKey {
    const stored = this.#get(subject);
    if (stored) return stored;
    this.#statement('INSERT INTO subject_keys (subject, slot) VALUES (?, ?)').run(subject, toSlot(wrapped));
    return { wrapped };
  }

  #destroy(subject: string, at: string): void {
    this.#statement('INSERT INTO erasures (subject, at) VALUES (?, ?) ON CONFLICT DO NOTHING').run(subject, at);
    this.#statement(`UPDATE subject_keys SET slot = zeroblob(${SLOT_BYTES}) WHERE subject = ?`).run(subject);
  }

  #scan({ afterSubject, limit }: { readonly afterSubject?: string; readonly limit: number }) {
    const rows = this.#statement(`
      SELECT subject, slot FROM subject_keys AS k
      WHERE subject > ? AND NOT EXISTS (SELECT 1 FROM erasures AS e WHERE e.subject = k.subject)
      ORDER BY subject LIMIT +?`).all(afterSubject ?? '', limit) as { subject: string; slot: Uint8Array }[];
    return rows.map(({ subject, slot }) => ({ subject, wrapped: fromSlot(slot) }));
  }

  #rewrap(keys: readonly { readonly subject: string; readonly wrapped: Uint8Array }[]): void {
    const update = this.#statement(`
      UPDATE subject_keys SET slot = ? WHERE subject = ?
      AND NOT EXISTS (SELECT 1 FROM erasures AS e WHERE e.subject = subject_keys.subject)`);
    for (const { subject, wrapped } of keys) update.run(toSlot(wrapped), subject);
  }

  #getSecret(name: string): Uint8Array | null {
    const secret = this.#statement('SELECT wrapped FROM secrets WHERE name = ?').get(name) as { wrapped: Uint8Array } | undefined;
    return secret ? ownCopy(secret.wrapped) : null;
  }

  readonly #statements = new Map<string, Database.Statement>();
  #statement(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
    return statement;
  }
}

function toSlot(wrapped: Uint8Array): Uint8Array {
  if (wrapped.length >= SLOT_BYTES) throw new RangeError(`a wrapped subject key has at most ${SLOT_BYTES - 1} bytes, this one ${wrapped.length}`);
  const slot = new Uint8Array(SLOT_BYTES);
  slot[0] = wrapped.length;
  slot.set(wrapped, 1);
  return slot;
}

function fromSlot(slot: Uint8Array): Uint8Array {
  return ownCopy(slot.subarray(1, 1 + (slot[0] ?? 0)));
}
