import { asUnusable, DatabaseUnusable } from '.';

describe('an error met while opening a database', () => {
  const sqlite = (code: string) => Object.assign(new Error('what SQLite says'), { code });
  const say = (error: unknown) => (asUnusable(error, 'The key store /data/keys.db', 'Restore it from a backup.') as Error).message;

  it.each([
    ['SQLITE_NOTADB', 'The key store /data/keys.db is damaged (what SQLite says). Restore it from a backup.'],
    ['SQLITE_CORRUPT_INDEX', 'The key store /data/keys.db is damaged (what SQLite says). Restore it from a backup.'],
    ['SQLITE_BUSY', 'The key store /data/keys.db is locked by another process. End that process, or wait until it is done, and start again.'],
    ['SQLITE_FULL', 'The key store /data/keys.db cannot be used (what SQLite says). Make sure that its folder is writable to this process and its disk is not full.'],
  ])('%s is a sentence that says what to do', (code, sentence) => {
    expect(say(sqlite(code))).toBe(sentence);
  });

  it('so is one of the file system', () => {
    expect(say(Object.assign(new Error('EROFS: read-only file system, open'), { code: 'EROFS', syscall: 'open' }))).toMatch(/cannot be used \(EROFS\)\. Make sure that its folder is writable/);
    expect(asUnusable(sqlite('SQLITE_FULL'), '', '')).toBeInstanceOf(DatabaseUnusable);
  });

  it.each([[new TypeError('a mistake of ours')], [null], ['text'], [Object.assign(new Error('of the network'), { code: 'ECONNREFUSED' })]])('%p stays what it is', (error) => {
    expect(asUnusable(error, 'x', 'y')).toBe(error);
  });
});
