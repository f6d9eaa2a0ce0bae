import type Database from 'better-sqlite3';
import type { ColumnValue } from './column';
import { scopeKey, type Layout } from './layout';
import { BEFORE_FIELDS, type Row } from './row';
import { addPostings, removePostings } from './terms';

/** Scopes kept at hand; past it they are looked up again. */
const SCOPES_AT_HAND = 10_000;

/** A document with its place in the search: `scope` is null where the collection has no words. */
export interface Placed {
  readonly row: Row;
  readonly scope: number | null;
}

/** Keeps the postings of a collection in step with its documents. */
export class Postings {
  readonly #layout: Layout;
  readonly #findScope: Database.Statement<[string], number>;
  readonly #addScope: Database.Statement<[string]>;
  readonly #perSort: readonly { readonly add: Database.Statement; readonly remove: Database.Statement }[];
  readonly #scopes = new Map<string, number>();

  constructor(db: Database.Database, layout: Layout) {
    this.#layout = layout;
    this.#findScope = db.prepare<[string], number>('SELECT scope FROM scopes WHERE key = ?').pluck();
    this.#addScope = db.prepare<[string]>('INSERT INTO scopes (key) VALUES (?)');
    this.#perSort = layout.sorts.map((_, sort) => ({ add: db.prepare(addPostings(sort)), remove: db.prepare(removePostings(sort)) }));
  }

  /** The number of the scope that a document is in, made if need be. */
  scopeOf(row: Row): number {
    const key = scopeKey((this.#layout.spec.words?.within ?? []).map((field) => this.#field(row, field)));
    const known = this.#scopes.get(key);
    if (known !== undefined) return known;
    const scope = this.#findScope.get(key) ?? Number(this.#addScope.run(key).lastInsertRowid);
    if (this.#scopes.size >= SCOPES_AT_HAND) this.#scopes.clear();
    this.#scopes.set(key, scope);
    return scope;
  }

  /** @param before the document as it was, null for a new one; @param after as it is, null for a removed one */
  change(doc: number, before: Placed | null, after: Placed | null): void {
    const stays = before !== null && after !== null && before.scope === after.scope && before.row[3] === after.row[3];
    this.#layout.sorts.forEach((field, sort) => {
      const [old, now] = [before, after].map((placed) => (placed === null ? null : this.#field(placed.row, field)));
      if (stays && same(old ?? undefined, now ?? undefined)) return;
      if (before !== null) this.#perSort[sort]?.remove.run(posted(doc, before, old));
      if (after !== null) this.#perSort[sort]?.add.run(posted(doc, after, now));
    });
  }

  #field(row: Row, field: string): ColumnValue {
    return field === 'id' ? row[0] : (row[BEFORE_FIELDS + this.#layout.fields.indexOf(field)] as ColumnValue);
  }
}

function posted(doc: number, { row, scope }: Placed, sort: ColumnValue | null | undefined) {
  return { scope, sort, id: row[0], doc, words: row[3] };
}

/** Whether two columns hold the same value; a truth value is a blob. */
export function same(a: ColumnValue | undefined, b: ColumnValue | undefined): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? a[0] === b[0] : a === b;
}
