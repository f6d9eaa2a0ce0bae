import type Database from 'better-sqlite3';
import type { ColumnValue } from './column';
import { columnOf, postingsTable, type Layout } from './layout';
import { termsOf } from './terms';

/** Rows of a statement: starting one costs as much as a row. */
const ROWS_AT_ONCE = 50;
/** Documents taken together, some 150 MB in all. A list that goes on in the next part is grown at its end. */
const DOCUMENTS_AT_ONCE = 250_000;

type Posted = readonly [scope: number, doc: number, sort: ColumnValue, id: string, words: string];

/**
 * Makes the postings of all documents for one of the sorts, in the order in which they lie. Documents come in page order, so the list of
 * each term is in page order as it grows, and only the terms are left to be sorted: several times quicker than sorting all postings.
 * To be called within a transaction.
 */
export function fillPostings(db: Database.Database, layout: Layout, sort: number): void {
  const column = columnOf(layout.sorts[sort] ?? 'id');
  const select = (past: string) => `SELECT scope, doc, ${column}, id, words FROM documents WHERE scope IS NOT NULL${past} ORDER BY scope, ${column}, id LIMIT ${DOCUMENTS_AT_ONCE}`;
  const first = db.prepare<unknown[], Posted>(select('')).raw();
  const next = db.prepare<unknown[], Posted>(select(` AND (scope, ${column}, id) > (?, ?, ?)`)).raw();
  const write = writer(db, postingsTable(sort));
  for (let last: Posted | undefined, isDone = false; !isDone;) {
    const part = new Lists();
    for (const document of last ? next.iterate(last[0], last[2], last[3]) : first.iterate()) part.add((last = document));
    part.inOrder(write);
    isDone = part.size < DOCUMENTS_AT_ONCE;
  }
}

type Write = (scope: number, term: string, sort: ColumnValue, id: string, doc: number) => void;

/** The lists of the terms of some documents that are added in page order, scope after scope. */
class Lists {
  private readonly scopes = new Map<number, Map<string, number[]>>();
  private readonly docs: number[] = [];
  private readonly sorts: ColumnValue[] = [];
  private readonly ids: string[] = [];

  get size(): number { return this.docs.length; }

  add([scope, doc, sort, id, words]: Posted): void {
    const place = this.docs.length;
    this.docs.push(doc);
    this.sorts.push(sort);
    this.ids.push(id);
    let lists = this.scopes.get(scope);
    if (!lists) this.scopes.set(scope, (lists = new Map<string, number[]>()));
    for (const term of termsOf(JSON.parse(words) as string[])) {
      const list = lists.get(term);
      if (!list) lists.set(term, [place]);
      // Words that begin alike have terms in common.
      else if (list.at(-1) !== place) list.push(place);
    }
  }

  inOrder(write: Write & { flush(): void }): void {
    for (const [scope, lists] of this.scopes) {
      // Not quite the order of UTF-8 beyond the first plane, where being in order is not worth more.
      for (const term of [...lists.keys()].sort()) {
        for (const place of lists.get(term) ?? []) write(scope, term, this.sorts[place] as ColumnValue, this.ids[place] as string, this.docs[place] as number);
      }
    }
    write.flush();
  }
}

/** Inserts rows many at a time. */
function writer(db: Database.Database, table: string): Write & { flush(): void } {
  const insert = (rows: number) => db.prepare(`INSERT INTO ${table} (scope, term, sort, id, doc) VALUES ${Array(rows).fill('(?, ?, ?, ?, ?)').join(', ')}`);
  const many = insert(ROWS_AT_ONCE);
  const one = insert(1);
  let values: ColumnValue[] = [];
  const write: Write = (...row) => {
    values.push(...row);
    if (values.length < ROWS_AT_ONCE * row.length) return;
    many.run(values);
    values = [];
  };
  const flush = () => {
    for (let at = 0; at < values.length; at += 5) one.run(values.slice(at, at + 5));
    values = [];
  };
  return Object.assign(write, { flush });
}
