import { sqliteCode } from './sqlite-error';

describe('the code of an SQLite error', () => {
  it('is read from whichever copy of the binding threw it', () => {
    expect(sqliteCode(Object.assign(Object.create(null) as object, { code: 'SQLITE_FULL' }))).toBe('SQLITE_FULL');
  });
  it.each([[null], [undefined], ['SQLITE_FULL'], [new Error('SQLITE_FULL')], [Object.assign(new Error(), { code: 'ENOENT' })], [{ code: 7 }]])('is none of %p', (reason) => {
    expect(sqliteCode(reason)).toBeNull();
  });
});
