import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import { keyStoreContract } from '../key-store.contract';
import { KeyStoreUnavailable } from '../port';
import { openSqliteKeyStore } from './key-store';

describe('key store on SQLite', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rolebook-keys-'));
    file = join(folder, 'keys.db');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  keyStoreContract(() => openSqliteKeyStore({ file }));

  const filesHolding = (secret: Buffer) => readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(secret));

  it('keeps what was acknowledged over a restart', async () => {
    const first = await openSqliteKeyStore({ file });
    await first.putIfAbsent('a', Uint8Array.of(1));
    await first.putSecret('s', Uint8Array.of(2));
    await first.destroy('b', '2026-11-24T10:00:00.000Z');
    await first.close();
    const second = await openSqliteKeyStore({ file });
    expect(await second.getMany(['a', 'b'])).toEqual(new Map<string, unknown>([
      ['a', { wrapped: Uint8Array.of(1) }],
      ['b', { destroyedAt: '2026-11-24T10:00:00.000Z' }],
    ]));
    expect(await second.getSecret('s')).toEqual(Uint8Array.of(2));
    await second.close();
  });

  it('leaves a destroyed key in no file, the write-ahead log included, wherever it stood among many', async () => {
    const store = await openSqliteKeyStore({ file });
    const keys = Array.from({ length: 400 }, () => ({ subject: randomBytes(16).toString('hex'), wrapped: randomBytes(69) }));
    for (let i = 0; i < keys.length; i += 20) await Promise.all(keys.slice(i, i + 20).map((key) => store.putIfAbsent(key.subject, key.wrapped)));
    for (const key of keys) expect(filesHolding(key.wrapped)).not.toEqual([]);

    for (const key of keys.filter((_, i) => i % 9 === 0)) await store.destroy(key.subject, '2026-11-24T10:00:00.000Z');

    const left = keys.map((key, i) => ({ destroyed: i % 9 === 0, found: filesHolding(key.wrapped).length > 0 }));
    expect(left.filter(({ destroyed, found }) => destroyed === found)).toEqual([]);
    await store.close();
  });

  it('leaves no key wrapped by the old master key behind when it is wrapped again', async () => {
    const store = await openSqliteKeyStore({ file });
    const old = randomBytes(69);
    await store.putIfAbsent('a', old);
    await store.rewrap([{ subject: 'a', wrapped: randomBytes(69) }]);
    expect(filesHolding(old)).toEqual([]);
    await store.close();
  });

  it('says so when another reader keeps the old bytes alive, and clears them when asked again', async () => {
    const store = await openSqliteKeyStore({ file });
    const wrapped = randomBytes(69);
    await store.putIfAbsent('a', wrapped);
    const reader = new Database(file, { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT * FROM subject_keys').all();
    const failure: unknown = await store.destroy('a', '2026-11-24T10:00:00.000Z').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(KeyStoreUnavailable);
    expect(failure).toMatchObject({ message: expect.stringMatching(/another process reads keys\.db/) as string });
    expect((await store.getMany(['a'])).get('a')).toEqual({ destroyedAt: '2026-11-24T10:00:00.000Z' });
    reader.close();
    await store.destroy('a', '2026-11-24T10:00:00.000Z');
    expect(filesHolding(wrapped)).toEqual([]);
    await store.close();
  });

  it('is readable by its owner alone', async () => {
    const store = await openSqliteKeyStore({ file });
    await store.putIfAbsent('a', Uint8Array.of(1));
    expect(readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]))
      .toEqual([['keys.db', '600'], ['keys.db-shm', '600'], ['keys.db-wal', '600']]);
    await store.close();
  });

  it('fails one bad call of a batch alone', async () => {
    const store = await openSqliteKeyStore({ file });
    const outcomes = await Promise.allSettled([
      store.putIfAbsent('a', Uint8Array.of(1)), store.putIfAbsent('b', new Uint8Array(500)), store.putIfAbsent('c', Uint8Array.of(3)),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect([...(await store.getMany(['a', 'b', 'c'])).keys()]).toEqual(['a', 'c']);
    await store.close();
  });

  it('finishes what was asked before it closes', async () => {
    const store = await openSqliteKeyStore({ file });
    const puts = Array.from({ length: 100 }, (_, i) => store.putIfAbsent(`s${i}`, Uint8Array.of(i)));
    await store.close();
    expect(await Promise.all(puts)).toHaveLength(100);
  });

  it('refuses a file of a newer version, saying what to do', async () => {
    const newer = new Database(file);
    newer.pragma('user_version = 99');
    newer.close();
    await expect(openSqliteKeyStore({ file })).rejects.toThrow(/newer Rolebook.*start that version/);
  });
});
