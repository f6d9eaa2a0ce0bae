import type Database from 'better-sqlite3';
import type { ColumnValue } from './column';
import { postingsTable, withinColumns, type Layout } from './layout';
import { BEFORE_FIELDS, termsOf, type Row } from './row';

/** What the postings of a document are made of. */
interface Posted {
  readonly within: readonly ColumnValue[];
  readonly words: string;
  readonly sorts: readonly ColumnValue[];
}

/** Keeps the terms and postings of a collection in step with its documents. */
export class Postings {
  readonly #layout: Layout;
  readonly #findTerm: Database.Statement<unknown[], number>;
  readonly #addTerm: Database.Statement;
  readonly #dropTerm: Database.Statement;
  readonly #perSort: readonly { readonly add: Database.Statement; readonly remove: Database.Statement }[];

  constructor(db: Database.Database, layout: Layout) {
    this.#layout = layout;
    const columns = [...withinColumns(layout), 'kind', 'term'];
    this.#findTerm = db.prepare<unknown[], number>(`SELECT term_id FROM terms WHERE ${columns.map((column) => `${column} = ?`).join(' AND ')}`).pluck();
    this.#addTerm = db.prepare(`INSERT INTO terms (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`);
    const unused = layout.sorts.map((_, sort) => `NOT EXISTS (SELECT 1 FROM ${postingsTable(sort)} p WHERE p.term_id = terms.term_id)`);
    this.#dropTerm = db.prepare(`DELETE FROM terms WHERE ${['term_id = ?', ...unused].join(' AND ')}`);
    this.#perSort = layout.sorts.map((_, sort) => ({
      add: db.prepare(`INSERT INTO ${postingsTable(sort)} (term_id, sort, id, doc) VALUES (?, ?, ?, ?)`),
      remove: db.prepare(`DELETE FROM ${postingsTable(sort)} WHERE term_id = ? AND sort = ? AND id = ?`),
    }));
  }

  /** @param before the document as it was, null for a new one; @param after as it is, null for a removed one */
  change(doc: number, before: Row | null, after: Row | null): void {
    const old = before === null ? null : this.#posted(before);
    const now = after === null ? null : this.#posted(after);
    const terms = old === null || now === null || old.words !== now.words || !equal(old.within, now.within);
    const stale = this.#perSort.map((_, sort) => terms || !same(old?.sorts[sort], now?.sorts[sort]));
    if (!stale.includes(true)) return;
    if (old !== null && before !== null) this.#remove(old, before[0], stale);
    if (now !== null && after !== null) this.#add(now, after[0], doc, stale);
  }

  #add({ within, words, sorts }: Posted, id: string, doc: number, stale: readonly boolean[]): void {
    for (const key of termsOf(words).values()) {
      const term = this.termId(within, key);
      this.#perSort.forEach(({ add }, sort) => stale[sort] && add.run(term, sorts[sort], id, doc));
    }
  }

  #remove({ within, words, sorts }: Posted, id: string, stale: readonly boolean[]): void {
    for (const key of termsOf(words).values()) {
      const term = this.#findTerm.get(...within, ...key);
      this.#perSort.forEach(({ remove }, sort) => stale[sort] && remove.run(term, sorts[sort], id));
      // A term nobody has any more may be the name of an erased person.
      this.#dropTerm.run(term);
    }
  }

  termId(within: readonly ColumnValue[], key: readonly [kind: number, term: string]): number {
    return this.#findTerm.get(...within, ...key) ?? Number(this.#addTerm.run(...within, ...key).lastInsertRowid);
  }

  #posted(row: Row): Posted {
    return { within: this.within(row), words: row[3], sorts: this.#layout.sorts.map((field) => this.#field(row, field)) };
  }

  within(row: Row): readonly ColumnValue[] {
    return (this.#layout.spec.words?.within ?? []).map((field) => this.#field(row, field));
  }

  #field(row: Row, field: string): ColumnValue {
    return field === 'id' ? row[0] : (row[BEFORE_FIELDS + this.#layout.fields.indexOf(field)] as ColumnValue);
  }
}

function equal(a: readonly ColumnValue[], b: readonly ColumnValue[]): boolean {
  return a.every((value, at) => same(value, b[at]));
}

/** Whether two columns hold the same value; a truth value is a blob. */
export function same(a: ColumnValue | undefined, b: ColumnValue | undefined): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? a[0] === b[0] : a === b;
}
