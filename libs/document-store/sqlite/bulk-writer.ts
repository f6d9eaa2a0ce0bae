import Database from 'better-sqlite3';
import { closeSync, fsyncSync, openSync } from 'node:fs';
import type { CollectionSpec } from '@rolebook/kernel';
import { ownersFile } from '@rolebook/sqlite-files';
import { columnOf, indexes, layoutOf, tables, type Layout } from './layout';
import { Postings } from './postings';
import type { Row } from './row';
import { fillPostings } from './terms';

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

  constructor(file: string, spec: CollectionSpec) {
    const layout = layoutOf(spec);
    const db = new Database(ownersFile(file));
    db.pragma('journal_mode = OFF');
    db.pragma('synchronous = OFF');
    db.pragma('cache_size = -65536');
    db.pragma('threads = 2');
    db.exec(tables(layout));
    const columns = ['scope', 'id', 'position', 'json', 'words', ...layout.columns];
    this.#file = file;
    this.#db = db;
    this.#layout = layout;
    this.#insert = db.prepare(`INSERT INTO documents (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`);
    this.#bury = db.prepare('INSERT INTO tombstones (id, position) VALUES (?, ?)');
    this.#postings = spec.words === undefined ? null : new Postings(db, layout);
  }

  add(rows: readonly Row[]): number {
    return this.#db.transaction(() => {
      for (const row of rows) {
        if (row[2] === null) this.#bury.run(row[0], row[1]);
        else this.#insert.run(this.#postings?.scopeOf(row) ?? null, ...row);
      }
      return rows.length;
    })();
  }

  finish(checkpoint: number): number {
    for (const statement of indexes(this.#layout)) this.#db.exec(statement);
    this.#layout.sorts.forEach((field, sort) => this.#db.exec(fillPostings(sort, columnOf(field))));
    this.#db.prepare(`INSERT INTO facts (name, value) VALUES ('checkpoint', ?)`).run(checkpoint);
    this.#db.pragma('journal_mode = WAL');
    this.#db.close();
    const handle = openSync(this.#file, 'r+');
    fsyncSync(handle);
    closeSync(handle);
    return 0;
  }
}
