import Database from 'better-sqlite3';
import { closeSync, fsyncSync, openSync } from 'node:fs';
import type { CollectionSpec } from '@rolebook/kernel';
import { columnOf, indexes, layoutOf, postingsTable, tables, type Layout } from './layout';
import { Postings } from './postings';
import { termsOf, type Row } from './row';

/** Terms kept at hand while loading; past it they are looked up again. */
const TERMS_AT_HAND = 200_000;

/**
 * Fills the file of a collection that nobody reads yet: no journal, no syncing, indexes made at the end.
 * A crash leaves a file that is thrown away; `finish` leaves one that is safely on disk and ready to take its place.
 */
export class BulkWriter {
  readonly #file: string;
  readonly #db: Database.Database;
  readonly #layout: Layout;
  readonly #postings: Postings | null;
  readonly #insert: Database.Statement;
  readonly #bury: Database.Statement;
  readonly #stage: Database.Statement | null;
  readonly #terms = new Map<string, number>();

  constructor(file: string, spec: CollectionSpec) {
    const layout = layoutOf(spec);
    const db = new Database(file);
    db.pragma('journal_mode = OFF');
    db.pragma('synchronous = OFF');
    db.pragma('cache_size = -65536');
    db.pragma('threads = 2');
    db.exec(tables(layout));
    const columns = ['id', 'position', 'json', 'words', ...layout.columns];
    this.#file = file;
    this.#db = db;
    this.#layout = layout;
    this.#insert = db.prepare(`INSERT INTO documents (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`);
    this.#bury = db.prepare('INSERT INTO tombstones (id, position) VALUES (?, ?)');
    this.#postings = spec.words === undefined ? null : new Postings(db, layout);
    if (this.#postings !== null) db.exec('CREATE TEMP TABLE staged (term_id INTEGER NOT NULL, doc INTEGER NOT NULL)');
    this.#stage = this.#postings === null ? null : db.prepare('INSERT INTO staged (term_id, doc) VALUES (?, ?)');
  }

  add(rows: readonly Row[]): number {
    return this.#db.transaction(() => {
      for (const row of rows) {
        if (row[2] === null) this.#bury.run(row[0], row[1]);
        else this.#post(Number(this.#insert.run(...row).lastInsertRowid), row);
      }
      return rows.length;
    })();
  }

  finish(checkpoint: number): number {
    for (const statement of indexes(this.#layout)) this.#db.exec(statement);
    this.#layout.sorts.forEach((field, sort) => {
      this.#db.exec(`
        INSERT INTO ${postingsTable(sort)} (term_id, sort, id, doc)
        SELECT s.term_id, d.${columnOf(field)}, d.id, s.doc FROM staged s CROSS JOIN documents d ON d.doc = s.doc ORDER BY 1, 2, 3`);
    });
    this.#db.prepare(`INSERT INTO facts (name, value) VALUES ('checkpoint', ?)`).run(checkpoint);
    this.#db.pragma('journal_mode = WAL');
    this.#db.close();
    const handle = openSync(this.#file, 'r+');
    fsyncSync(handle);
    closeSync(handle);
    return 0;
  }

  #post(doc: number, row: Row): void {
    if (this.#postings === null) return;
    const within = this.#postings.within(row);
    const business = within.join(' ');
    for (const [name, key] of termsOf(row[3])) {
      const known = business + name;
      let term = this.#terms.get(known);
      if (term === undefined) {
        term = this.#postings.termId(within, key);
        if (this.#terms.size >= TERMS_AT_HAND) this.#terms.clear();
        this.#terms.set(known, term);
      }
      this.#stage?.run(term, doc);
    }
  }
}
