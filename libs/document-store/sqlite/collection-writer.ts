import Database from 'better-sqlite3';
import type { CollectionSpec, Document } from '@rolebook/kernel';
import { ownersFile } from '@rolebook/sqlite-files';
import { CollectionReplaced, type Scalar } from '../port';
import { keyText } from '../key-text';
import type { ColumnValue } from './column';
import type { Successor } from './generations';
import { indexes, layoutOf, tables, type Layout } from './layout';
import { Postings, same } from './postings';
import { BEFORE_FIELDS, encodeDocument, type Row } from './row';

const BUSY_TIMEOUT_MS = 5000;
/**
 * 64 MiB of 4 KiB each: where the write-ahead log is this long, a write carries it over itself. Usually it never gets there,
 * because a thread of its own does so earlier and nobody waits for it (see `CarryOver`).
 */
const CHECKPOINT_PAGES = 16_000;
/** Inner pages of all indexes of a large collection, and the leaves that are written to again and again. */
const CACHE_KIB = 8_192;

/** A stored document as the writer reads it back. */
type Stored = [doc: number, scope: number | null, id: string, position: number, json: null, words: string, ...fields: ColumnValue[]];

/** The writing side of one collection. Runs in a thread of its own; everything here is synchronous. */
export class CollectionWriter {
  readonly db: Database.Database;
  readonly #layout: Layout;
  readonly #postings: Postings | null;
  readonly #statements;
  /** An update names the columns that change and no others: SQLite then leaves the other indexes alone. */
  readonly #updates = new Map<string, Database.Statement>();

  /** Makes the tables and indexes that are missing. @throws {Error} where the file was made for other fields */
  constructor(file: string, readonly spec: CollectionSpec) {
    const layout = layoutOf(spec);
    const db = new Database(ownersFile(file), { timeout: BUSY_TIMEOUT_MS });
    db.pragma('journal_mode = WAL');
    // Read models can be built again, so losing the last moments to a power cut costs nothing; torn they never are.
    db.pragma('synchronous = NORMAL');
    // What is deleted is overwritten: an erased person's data must not stay in free space.
    db.pragma('secure_delete = ON');
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    // A statement that may fail half-way keeps what it takes back: in memory, or that file was four fifths of all that is written.
    db.pragma('temp_store = MEMORY');
    db.pragma(`cache_size = -${CACHE_KIB}`);
    db.transaction(() => {
      db.exec('CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID');
      claim(db, layout);
      db.exec(tables(layout));
      for (const statement of indexes(layout)) db.exec(statement);
    }).immediate();
    const stored = ['doc', 'scope', 'id', 'position', 'NULL', 'words', ...layout.columns].join(', ');
    const inserted = ['scope', 'id', 'position', 'json', 'words', ...layout.columns];
    this.db = db;
    this.#layout = layout;
    this.#postings = spec.words === undefined ? null : new Postings(db, layout);
    this.#statements = {
      find: db.prepare<[string], Stored>(`SELECT ${stored} FROM documents WHERE id = ?`).raw(),
      json: db.prepare<[string], string>('SELECT json FROM documents WHERE id = ?').pluck(),
      insert: db.prepare(`INSERT INTO documents (${inserted.join(', ')}) VALUES (${inserted.map(() => '?').join(', ')})`),
      remove: db.prepare('DELETE FROM documents WHERE doc = ?'),
      tombstone: db.prepare<[string], number>('SELECT position FROM tombstones WHERE id = ?').pluck(),
      bury: db.prepare('INSERT INTO tombstones (id, position) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET position = excluded.position'),
      revive: db.prepare('DELETE FROM tombstones WHERE id = ?'),
      log: db.prepare<[], { log: number; checkpointed: number }>('PRAGMA wal_checkpoint(NOOP)'),
      successor: db.prepare<[], string>(`SELECT value FROM facts WHERE name = 'successor'`).pluck(),
      succeed: db.prepare(`INSERT INTO facts (name, value) VALUES ('successor', ?)`),
      reached: db.prepare<[], number>(`SELECT value FROM facts WHERE name = 'checkpoint'`).pluck(),
      checkpoint: db.prepare(`INSERT INTO facts (name, value) VALUES ('checkpoint', ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)`),
    };
  }

  /** All of the rows that are newer than what is stored and the checkpoint, or nothing. @returns pages that wait in the write-ahead log to be carried over */
  write(rows: readonly Row[], checkpoint: number): number {
    this.db.transaction(() => {
      this.#assertCurrent();
      for (const row of rows) this.#apply(row);
      if (checkpoint > 0) this.#statements.checkpoint.run(checkpoint);
    }).immediate();
    return this.#pagesWaiting();
  }

  /** Of the documents that exist. @returns as {@link write} */
  patch(changes: readonly { readonly id: string; readonly set: Readonly<Record<string, Scalar>> }[]): number {
    this.db.transaction(() => {
      this.#assertCurrent();
      for (const { id, set } of changes) this.#patch(keyText(id), set);
    }).immediate();
    return this.#pagesWaiting();
  }

  /** Nobody writes to the file, in whatever process, until {@link succeed} or {@link letGo}. @returns the checkpoint */
  hold(): number {
    this.db.exec('BEGIN IMMEDIATE');
    try {
      this.#assertCurrent();
    } catch (error) {
      this.letGo();
      throw error;
    }
    return this.#statements.reached.get() ?? 0;
  }

  /** From this commit on the other file is the collection's, and nobody writes to this one. */
  succeed(successor: Successor): number {
    this.#statements.succeed.run(JSON.stringify(successor));
    this.db.exec('COMMIT');
    // Once more to the disk: what follows must not outlive a power cut that this does not.
    this.db.pragma('synchronous = FULL');
    this.db.pragma('wal_checkpoint(PASSIVE)');
    return 0;
  }

  letGo(): number {
    if (this.db.inTransaction) this.db.exec('ROLLBACK');
    return 0;
  }

  close(): void {
    this.db.close();
  }

  /** Asked within each transaction, so that no write can be under way when another file takes this one's place. */
  #assertCurrent(): void {
    if (this.#statements.successor.get() !== undefined) throw new CollectionReplaced(`${this.spec.name} was made anew by another process`);
  }

  /** Carries over what another thread has left of the write-ahead log. The next write begins the log anew, if nobody reads from it (https://sqlite.org/wal.html, section 3.1). */
  carryRest(): number {
    this.db.pragma('wal_checkpoint(PASSIVE)');
    return 0;
  }

  #pagesWaiting(): number {
    const { log, checkpointed } = this.#statements.log.get() ?? { log: 0, checkpointed: 0 };
    return log - checkpointed;
  }

  #apply(row: Row): void {
    const [id, position, json] = row;
    const old = this.#statements.find.get(id);
    const tombstone = old === undefined ? this.#statements.tombstone.get(id) : undefined;
    if ((old?.[3] ?? tombstone ?? -1) >= position) return;
    if (json === null) {
      if (old !== undefined) this.#remove(old);
      this.#statements.bury.run(id, position);
    } else if (old !== undefined) {
      this.#update(old, row);
    } else {
      if (tombstone !== undefined) this.#statements.revive.run(id);
      const scope = this.#scopeOf(row);
      const doc = Number(this.#statements.insert.run(scope, ...row).lastInsertRowid);
      this.#postings?.change(doc, null, { row, scope });
    }
  }

  #patch(id: string, set: Readonly<Record<string, Scalar>>): void {
    const old = this.#statements.find.get(id);
    const json = this.#statements.json.get(id);
    if (old === undefined || json === undefined) return;
    this.#update(old, encodeDocument(this.#layout, { ...(JSON.parse(json) as Document), ...set }, old[3]));
  }

  #update([doc, oldScope, ...old]: Stored, row: Row): void {
    const { columns } = this.#layout;
    const scope = this.#scopeOf(row);
    const changed = columns.flatMap((column, at) => (same(old[BEFORE_FIELDS + at] as ColumnValue, row[BEFORE_FIELDS + at] as ColumnValue) ? [] : [{ column, value: row[BEFORE_FIELDS + at] }]));
    if (scope !== oldScope) changed.push({ column: 'scope', value: scope ?? undefined });
    if (old[3] !== row[3]) changed.push({ column: 'words', value: row[3] });
    const sql = `UPDATE documents SET ${['position', 'json', ...changed.map(({ column }) => column)].map((column) => `${column} = ?`).join(', ')} WHERE doc = ?`;
    let statement = this.#updates.get(sql);
    if (statement === undefined) this.#updates.set(sql, (statement = this.db.prepare(sql)));
    statement.run(row[1], row[2], ...changed.map(({ value }) => value), doc);
    this.#postings?.change(doc, { row: old, scope: oldScope }, { row, scope });
  }

  #remove([doc, scope, ...row]: Stored): void {
    this.#postings?.change(doc, { row, scope }, null);
    this.#statements.remove.run(doc);
  }

  #scopeOf(row: Row): number | null {
    return this.#postings === null ? null : this.#postings.scopeOf(row);
  }
}

/** Writes down what the file is made for, or checks it: the same name with other fields is another read model. */
function claim(db: Database.Database, { spec, fields, sorts }: Layout): void {
  const shape = JSON.stringify({ fields, words: spec.words === undefined ? null : { ...spec.words, sorts } });
  const known = db.prepare<[], string>(`SELECT value FROM facts WHERE name = 'shape'`).pluck().get();
  if (known === undefined) db.prepare(`INSERT INTO facts (name, value) VALUES ('shape', ?)`).run(shape);
  else if (known !== shape) throw new Error(`${spec.name} exists with other fields: raise the version in its name and rebuild it`);
}
