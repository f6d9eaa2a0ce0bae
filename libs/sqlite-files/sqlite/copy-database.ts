import Database from 'better-sqlite3';
import { ownersFile, putOnDisk } from '..';

/** How long to wait for a writer, in milliseconds. */
const PATIENCE_MS = 10_000;

/**
 * A copy of a database as it is at one moment, while others read and write it: nobody waits for it, and no transaction stands in it by halves.
 * (`VACUUM INTO`, so that what was deleted is not copied either.) On disk when this returns.
 * @param to must not exist, or be empty
 */
export function copyDatabase(from: string, to: string): void {
  const db = new Database(from, { readonly: true, fileMustExist: true, timeout: PATIENCE_MS });
  try {
    db.prepare('VACUUM INTO ?').run(ownersFile(to));
  } finally {
    db.close();
  }
  putOnDisk(to);
}

/** What SQLite finds wrong in a database file that nobody has open; nothing in a sound one. */
export function databaseProblems(file: string): readonly string[] {
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: PATIENCE_MS });
  try {
    return (db.pragma('integrity_check') as { integrity_check: string }[]).map((row) => row.integrity_check).filter((line) => line !== 'ok');
  } catch (error) {
    return [(error as Error).message];
  } finally {
    db.close();
  }
}
