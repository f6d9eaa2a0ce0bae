import { sqliteCode } from './sqlite-error';

/** A database file, or its folder, that the service cannot start with. The message is a sentence that says what to do. */
export class DatabaseUnusable extends Error {
  override readonly name = 'DatabaseUnusable';
}

/**
 * An error met while opening a database, as a sentence for whoever runs the service. What comes from no file stays as it is.
 * @param what how the sentence begins, such as `The key store /data/keys.db`
 * @param remedy what to do where the file is damaged: a sentence
 */
export function asUnusable(error: unknown, what: string, remedy: string): unknown {
  const sqlite = sqliteCode(error);
  const { code, syscall, message } = (error ?? {}) as { readonly code?: unknown; readonly syscall?: unknown; readonly message?: unknown };
  if (sqlite === null && (typeof code !== 'string' || typeof syscall !== 'string')) return error;
  const why = sqlite === null ? String(code) : String(message);
  if (sqlite !== null && /^SQLITE_(NOTADB|CORRUPT)/.test(sqlite)) return new DatabaseUnusable(`${what} is damaged (${why}). ${remedy}`, { cause: error });
  if (sqlite?.startsWith('SQLITE_BUSY')) return new DatabaseUnusable(`${what} is locked by another process. End that process, or wait until it is done, and start again.`, { cause: error });
  return new DatabaseUnusable(`${what} cannot be used (${why}). Make sure that its folder is writable to this process and its disk is not full.`, { cause: error });
}
