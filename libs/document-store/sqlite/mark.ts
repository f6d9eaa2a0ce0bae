import Database from 'better-sqlite3';
import type { SumState } from '../content-sum';

/** How a load stood that may be gone on with. It stands in the file itself, so it is there exactly when what it tells of is. */
export interface StoredMark {
  readonly note: string;
  /** What the file is made for. */
  readonly spec: string;
  /** The sum of all that was added, and of what of it was replaced. */
  readonly added: SumState;
  readonly replaced: SumState;
}

/** How the load in a file stood when it was last marked; `null` where it never was, and for what is no load's file. */
export function markOf(file: string): StoredMark | null {
  let db: Database.Database | null = null;
  try {
    // For writing, since what came after the mark is rolled back first.
    db = new Database(file, { fileMustExist: true });
    return markIn(db);
  } catch {
    return null;
  } finally {
    db?.close();
  }
}

/** As {@link markOf}, of a file that has the tables of a collection. */
export function markIn(db: Database.Database): StoredMark | null {
  const found = db.prepare<[], string>(`SELECT value FROM facts WHERE name = 'mark'`).pluck().get();
  return found === undefined ? null : (JSON.parse(found) as StoredMark);
}
