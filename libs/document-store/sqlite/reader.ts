import Database from 'better-sqlite3';
import { sqliteCode } from '@rolebook/sqlite-files';
import { DocumentStoreUnavailable } from '../port';
import type { ColumnValue } from './column';
import type { Query } from './page-sql';

/** Shapes of statements kept prepared; there are far fewer unless somebody asks for long lists of values of every length. */
const MOST_STATEMENTS = 500;
const BUSY_TIMEOUT_MS = 1000;

const DATA_VERSION = 'PRAGMA data_version';
const LINE_END = '\n';
let opened = 0;

/**
 * Reads one collection on the calling thread, through a connection that cannot write. A page takes a fraction of the time
 * that handing it to a thread would.
 */
export class Reader {
  readonly #db: Database.Database;
  readonly #statements = new Map<string, Database.Statement<unknown[], unknown>>();
  readonly #joined = new Map<string, Database.Statement<unknown[], unknown>>();
  readonly #number = ++opened;

  constructor(file: string) {
    this.#db = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  }

  /** The first column of each row. */
  texts({ sql, parameters }: Query): readonly string[] {
    return guarded(() => this.#prepare(sql).pluck().all(...parameters) as string[]);
  }

  /** The JSON texts of a page, a character for each byte, read in one piece: a text of its own for each row, decoded and encoded again, costs more. No JSON text that was written by `JSON.stringify` has a line's end in it. */
  bytes({ sql, parameters }: Query): readonly string[] {
    return guarded(() => {
      const joined = this.#prepareJoined(sql).get(...parameters);
      return joined === null ? [] : (joined as Buffer).toString('latin1').split(LINE_END);
    });
  }

  numbers({ sql, parameters }: Query): readonly number[] {
    return guarded(() => this.#prepare(sql).pluck().all(...parameters) as number[]);
  }

  /** The first column of each row, the parameters by name. */
  named<Value>(sql: string, parameters: Readonly<Record<string, ColumnValue>>): readonly Value[] {
    return guarded(() => this.#prepare(sql).pluck().all(parameters) as Value[]);
  }

  rows<Row>({ sql, parameters }: Query): readonly Row[] {
    return guarded(() => this.#prepare(sql).raw().all(...parameters) as Row[]);
  }

  count(query: Query): number {
    return this.numbers(query)[0] ?? 0;
  }

  /**
   * The first texts of a walk whose rows are text (null: passed over), sort and id. The same id stands in a row where it
   * stands more than once.
   * @param patience how many rows to look at
   * @returns null where the page was not full by then
   */
  walk({ sql, parameters }: Query, limit: number, patience: number): readonly string[] | null {
    return guarded(() => {
      const page: string[] = [];
      let last: string | null = null;
      let seen = 0;
      for (const [json, , id] of this.#prepare(sql).raw().iterate(...parameters) as Iterable<[string | null, ColumnValue, string]>) {
        if (++seen > patience) return null;
        if (json !== null && id !== last) page.push(json);
        if (page.length === limit) return page;
        last = id;
      }
      return page;
    });
  }

  /**
   * Another text after every commit of another connection, of whatever process: this one never writes (SQLite, PRAGMA data_version).
   * The numbers of two connections have nothing to do with each other, so this one's own comes first.
   */
  get version(): string {
    return guarded(() => `${this.#number}.${this.#prepare(DATA_VERSION).pluck().get() as number}`);
  }

  /** How SQLite goes about a query, a line a step. */
  explain({ sql, parameters }: Query): readonly string[] {
    return this.#db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters).map(({ detail }) => detail);
  }

  close(): void {
    this.#db.close();
  }

  #prepare(sql: string): Database.Statement<unknown[], unknown> {
    return prepared(this.#statements, sql, () => this.#db.prepare(sql));
  }

  #prepareJoined(sql: string): Database.Statement<unknown[], unknown> {
    // The page is put in order and cut off within: rows reach the outer statement one by one, as they come.
    return prepared(this.#joined, sql, () => this.#db.prepare<unknown[], unknown>(`SELECT CAST(group_concat(json, char(10)) AS BLOB) FROM (${sql})`).pluck());
  }
}

/** One of the statements that are kept, or a new one, kept from now on. */
function prepared<Statement>(statements: Map<string, Statement>, sql: string, prepare: () => Statement): Statement {
  const known = statements.get(sql);
  if (known !== undefined) return known;
  if (statements.size >= MOST_STATEMENTS) statements.clear();
  const statement = prepare();
  statements.set(sql, statement);
  return statement;
}

function guarded<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    const code = sqliteCode(cause);
    if (code === null || code === 'SQLITE_ERROR') throw cause;
    throw new DocumentStoreUnavailable(`a read model cannot be read: ${(cause as Error).message}`, 1, { cause });
  }
}
