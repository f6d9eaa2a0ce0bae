import Database from 'better-sqlite3';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@rolebook/kernel';
import { operationalStoreContract } from '../operational-store.contract';
import { OperationalStoreUnavailable } from '../port';
import { openSqliteOperationalStore } from './index';

operationalStoreContract('SQLite', async (clock) => {
  const folder = await mkdtemp(join(tmpdir(), 'operational-'));
  const file = join(folder, 'operational.sqlite');
  let store = await openSqliteOperationalStore({ file, clock });
  return {
    store,
    reopen: async () => {
      await store.close();
      return (store = await openSqliteOperationalStore({ file, clock }));
    },
    dispose: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});

describe('operational state in a SQLite file', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'operational-'));
    file = join(folder, 'operational.sqlite');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('has everything that was acknowledged before the process was killed', async () => {
    const script = join(folder, 'writer.ts');
    await writeFile(script, `
      import { openSqliteOperationalStore } from ${JSON.stringify(__dirname)};
      openSqliteOperationalStore({ file: ${JSON.stringify(file)}, clock: { now: () => 0 } }).then((store) => {
        const write = async (at) => {
          await store.compareAndSet('b', String(at), null, at, null);
          process.send(at);
          await write(at + 10);
        };
        for (let at = 0; at < 10; at++) void write(at);
      });`);
    const writer = fork(join(__dirname, '..', '..', 'worker', 'typescript-bootstrap.cjs'), [script]);
    const acknowledged: number[] = [];
    await new Promise<void>((resolve) => writer.on('message', (at: number) => acknowledged.push(at) === 200 && resolve()));
    writer.kill('SIGKILL');
    await once(writer, 'exit');

    const store = await openSqliteOperationalStore({ file, clock: systemClock });
    const kept = new Set((await store.scan('b', { limit: 100_000 })).map(({ value }) => value));
    await store.close();
    expect(acknowledged.length).toBeGreaterThanOrEqual(200);
    expect(acknowledged.filter((at) => !kept.has(at))).toEqual([]);
  });

  it('lets one of two processes that race for an entry win', async () => {
    const one = await openSqliteOperationalStore({ file, clock: systemClock });
    const other = await openSqliteOperationalStore({ file, clock: systemClock });
    const won = await Promise.all([one.compareAndSet('b', 'k', null, 0, null), other.compareAndSet('b', 'k', null, 1, null)]);
    expect(won.filter(Boolean)).toHaveLength(1);
    expect((await one.get('b', 'k'))?.value).toBe(won.indexOf(true));
    await Promise.all([one.close(), other.close()]);
  });

  it('stores many changes of one turn in one transaction', async () => {
    const store = await openSqliteOperationalStore({ file, clock: systemClock });
    const reader = new Database(file, { readonly: true });
    const dataVersion = () => reader.pragma('data_version', { simple: true });
    const seen = new Set([dataVersion()]);
    await Promise.all(Array.from({ length: 64 }, (_, at) => store.compareAndSet('b', `k${at}`, null, at, null).then(() => seen.add(dataVersion()))));
    expect(seen.size).toBe(2);
    reader.close();
    await store.close();
  });

  it('leaves no byte behind of what has expired and was swept, or was deleted', async () => {
    let now = 0;
    const store = await openSqliteOperationalStore({ file, clock: { now: () => now } });
    const secrets = Array.from({ length: 300 }, (_, at) => `secret-${at}-${'x'.repeat(at * 7)}-end`);
    await store.putMany('b', secrets.map((value, at) => ({ key: `key-${value}`, value, expiresAt: at % 2 === 0 ? 5 : null })));
    await Promise.all(secrets.filter((_, at) => at % 2 === 1).map((value) => store.delete('b', `key-${value}`)));
    now = 5;
    await store.sweep();
    const bytes = Buffer.concat(await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))))).toString('latin1');
    expect(secrets.filter((value) => bytes.includes(value))).toEqual([]);
    await store.close();
  });

  it('takes changes again after a sweep that the file system stood in the way of', async () => {
    const store = await openSqliteOperationalStore({ file, clock: systemClock });
    await store.putMany('b', [{ key: 'before', value: 1, expiresAt: null }]);
    await rename(folder, `${folder}-away`);
    await expect(store.sweep()).rejects.toThrow(OperationalStoreUnavailable);
    await rename(`${folder}-away`, folder);
    await store.putMany('b', [{ key: 'k', value: 1, expiresAt: null }]);
    expect((await store.get('b', 'k'))?.value).toBe(1);
    await store.close();
  });

  it('may be read by its owner alone', async () => {
    const store = await openSqliteOperationalStore({ file, clock: systemClock });
    await store.putMany('b', [{ key: 'k', value: 1, expiresAt: null }]);
    const modes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).mode & 0o777));
    expect(modes).toEqual([0o600, 0o600, 0o600]);
    await store.close();
  });

  it('says that it is unavailable once closed, and finishes what was asked for before', async () => {
    const store = await openSqliteOperationalStore({ file, clock: systemClock });
    const last = store.compareAndSet('b', 'k', null, 1, null);
    await store.close();
    expect(await last).toBe(true);
    await expect(store.get('b', 'k')).rejects.toThrow(OperationalStoreUnavailable);
    await expect(store.delete('b', 'k')).rejects.toThrow(OperationalStoreUnavailable);
    await expect(store.ping()).rejects.toThrow(OperationalStoreUnavailable);
  });
});
