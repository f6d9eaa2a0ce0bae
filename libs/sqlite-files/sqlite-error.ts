/**
 * SQLite's own code of an error, such as `SQLITE_FULL`; `null` for any other error. Goes by the code and not by the class: where the
 * binding is loaded more than once in a process, its errors are of another copy's class.
 */
export function sqliteCode(reason: unknown): string | null {
  const code = (reason as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : null;
}
