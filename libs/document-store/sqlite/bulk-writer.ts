import Database from 'better-sqlite3';
import type { CollectionSpec } from '@rolebook/kernel';
import { ownersFile, putOnDisk } from '@rolebook/sqlite-files';
import { ContentSum, type SumState } from '../content-sum';
import { fillPostings } from './fill-postings';
import { removeFile } from './generations';
import { indexes, indexOn, layoutOf, tables, type Layout } from './layout';
import { markIn, type StoredMark } from './mark';
import type { Query } from './page-sql';
import { Postings } from './postings';
import type { Row, StoredRow } from './row';

/**
 * Fills the file of a collection that nobody reads yet, indexes made at the end: one transaction from mark to mark, so that a crash leaves
 * the file as it was when it was marked. Its rollback journal is small, since hardly any page is written over (https://sqlite.org/lockingv3.html#rollback).
 * `finish` leaves a file that is safely on disk and ready to take its place.
 */
export class BulkWriter {
  readonly #file: string;
  readonly #db: Database.Database;
  readonly #layout: Layout;
  readonly #postings: Postings | null;
  readonly #statements;
  /** Of what was replaced by a later one with its id. */
  readonly #replaced: ContentSum;
  /** Whether documents are found by their id: not before somebody asks, or may add one of them again. */
  #isIndexed = false;

  /** @param eachOnce whether no id comes twice */
  constructor(file: string, private readonly spec: CollectionSpec, private readonly eachOnce: boolean) {
    const layout = layoutOf(spec);
    const db = new Database(ownersFile(file));
    db.pragma('journal_mode = DELETE');
    // Between two marks nothing waits for the disk; what is marked has arrived there.
    db.pragma('synchronous = NORMAL');
    // What was written of a person who is erased in the meantime must not stay in free space.
    db.pragma('secure_delete = ON');
    db.pragma('cache_size = -65536');
    db.pragma('threads = 2');
    db.exec('BEGIN');
    db.exec(tables(layout));
    const columns = ['scope', 'id', 'position', 'json', 'words', ...layout.columns];
    const mark = markIn(db);
    this.#replaced = ContentSum.from(mark?.replaced);
    this.#file = file;
    this.#db = db;
    this.#layout = layout;
    this.#postings = spec.words === undefined ? null : new Postings(db, layout);
    this.#statements = {
      insert: db.prepare(`INSERT INTO documents (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`),
      remove: db.prepare('DELETE FROM documents WHERE id = ?'),
      bury: db.prepare('INSERT INTO tombstones (id, position) VALUES (?, ?)'),
      revive: db.prepare('DELETE FROM tombstones WHERE id = ?'),
      live: db.prepare<[string], StoredRow>('SELECT id, position, json FROM documents WHERE id = ?').raw(),
      removed: db.prepare<[string], StoredRow>('SELECT id, position, NULL FROM tombstones WHERE id = ?').raw(),
      mark: db.prepare(`INSERT INTO facts (name, value) VALUES ('mark', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`),
    };
    if (mark && !eachOnce) this.#indexIds();
  }

  add(rows: readonly Row[]): number {
    for (const row of rows) {
      if (this.#isIndexed) this.#takeBack(row[0]);
      if (row[2] === null) this.#statements.bury.run(row[0], row[1]);
      else this.#statements.insert.run(this.#postings?.scopeOf(row) ?? null, ...row);
    }
    return rows.length;
  }

  /** Commits. @param added the sum of all that was added so far */
  mark(note: string, added: SumState): number {
    const mark: StoredMark = { note, spec: JSON.stringify(this.spec), added, replaced: this.#replaced.state };
    this.#statements.mark.run(JSON.stringify(mark));
    this.#db.exec('COMMIT; BEGIN');
    if (!this.eachOnce) this.#indexIds();
    return 0;
  }

  /** What was added under these ids. */
  get(ids: readonly string[]): readonly StoredRow[] {
    this.#indexIds();
    return ids.flatMap((id) => {
      const found = this.#statements.live.get(id) ?? this.#statements.removed.get(id);
      return found === undefined ? [] : [found];
    });
  }

  /** @param index the fields of the index that the query walks */
  find(index: readonly string[], { sql, parameters }: Query): readonly string[] {
    this.#indexIds();
    if (index.length > 0) this.#db.exec(indexOn(index));
    return this.#db.prepare<unknown[], string>(sql).pluck().all(...parameters);
  }

  /** @returns the sum of all that is stored and of all that was replaced: what the sum of all that was added must be */
  finish(checkpoint: number): string {
    for (const statement of indexes(this.#layout)) this.#db.exec(statement);
    this.#layout.sorts.forEach((_, sort) => fillPostings(this.#db, this.#layout, sort));
    this.#db.prepare(`INSERT INTO facts (name, value) VALUES ('checkpoint', ?)`).run(checkpoint);
    // With its indexes it cannot be gone on with.
    this.#db.exec(`DELETE FROM facts WHERE name = 'mark'; COMMIT`);
    this.#db.pragma('journal_mode = WAL');
    this.#db.close();
    putOnDisk(this.#file);
    return this.#sum();
  }

  discard(): number {
    this.#db.close();
    removeFile(this.#file);
    return 0;
  }

  /** Read anew from the file, not from what the writer remembers of it. */
  #sum(): string {
    const db = new Database(this.#file, { readonly: true });
    try {
      const rows = db.prepare<[], StoredRow>('SELECT id, position, json FROM documents UNION ALL SELECT id, position, NULL FROM tombstones').raw();
      for (const [id, position, json] of rows.iterate()) this.#replaced.add(id, position, json);
      return this.#replaced.toString();
    } finally {
      db.close();
    }
  }

  #indexIds(): void {
    if (this.#isIndexed) return;
    const [byId = ''] = indexes(this.#layout);
    this.#db.exec(byId);
    this.#isIndexed = true;
  }

  #takeBack(id: string): void {
    const live = this.#statements.live.get(id);
    const old = live ?? this.#statements.removed.get(id);
    if (old === undefined) return;
    this.#replaced.add(...old);
    this.#statements[live ? 'remove' : 'revive'].run(id);
  }
}
