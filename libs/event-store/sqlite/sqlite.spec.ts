import { mkdir, mkdtemp, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Collector, everythingAfter, newEvent, newEvents, newStream, refusalOf } from '../contract/helpers.contract';
import { describeInterleavings } from '../contract/interleavings.contract';
import { eventStoreContract } from '../event-store.contract';
import { StoreUnavailable, type EventStore } from '../port';
import { EventLogUnusable, openSqliteEventStore, type BulkAppend, type SqliteEventStore, type SqliteEventStoreOptions } from '.';

let folder: string;
let file: string;
const stores: SqliteEventStore[] = [];

async function openStore(options: Partial<SqliteEventStoreOptions> = {}): Promise<SqliteEventStore> {
  const store = await openSqliteEventStore({ file, ...options });
  stores.push(store);
  return store;
}

eventStoreContract('SQLite', async (clock) => {
  const own = await mkdtemp(join(tmpdir(), 'event-store-'));
  const store = await openSqliteEventStore({ file: join(own, 'events.db'), clock });
  return { store, dispose: () => rm(own, { recursive: true }) };
}, { embedded: true });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'event-store-'));
  file = join(folder, 'events.db');
});

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await rm(folder, { recursive: true });
});

describe('an SQLite event log opened again', () => {
  it('has everything, and goes on where it was, though the clock has gone back', async () => {
    const first = await openStore({ clock: { now: () => 2_000 } });
    await first.append('a', 'no-stream', newEvents(3));
    const before = await everythingAfter(first, 0);
    await first.close();

    const second = await openStore({ clock: { now: () => 1_000 } });
    expect(await everythingAfter(second, 0)).toEqual(before);
    expect(await second.append('a', 2, newEvents(1))).toEqual({ revision: 3, position: 4, recordedAt: '1970-01-01T00:00:02.000Z' });
  });

  it('is one file, which only its owner may read', async () => {
    const store = await openStore();
    await store.bulkAppend([{ stream: 'a', events: newEvents(2000) }]);
    expect((await stat(`${file}-wal`)).mode & 0o777).toBe(0o600);
    await store.close();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await expect(stat(`${file}-wal`)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('an SQLite event log that two processes have open', () => {
  it('lets exactly one of racing appends win', async () => {
    const [a, b] = [await openStore(), await openStore()];
    for (let round = 0; round < 20; round++) {
      const outcomes = await Promise.allSettled([a, b, a, b].map((store) => store.append('s', round === 0 ? 'no-stream' : round - 1, newEvents(1))));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
    expect((await everythingAfter(a, 0)).map(({ position, revision }) => [position, revision])).toEqual(Array.from({ length: 20 }, (_, n) => [n + 1, n]));
  });

  it('wakes the subscribers of either for what the other appends', async () => {
    const [a, b] = [await openStore(), await openStore()];
    const collector = await Collector.on(a, 0);
    for (let n = 1; n <= 3; n++) {
      await b.append(newStream(), 'no-stream', newEvents(1));
      await collector.until({ count: n });
    }
    expect(collector.events).toEqual(await everythingAfter(b, 0));
  });

  describe('appending by turns', () => {
    let store: EventStore;

    beforeEach(async () => {
      const [a, b] = [await openStore(), await openStore()];
      let turn = 0;
      store = new Proxy(a, {
        get(target, name) {
          const owner = name === 'append' && turn++ % 2 ? b : target;
          const value: unknown = Reflect.get(owner, name);
          return typeof value === 'function' ? value.bind(owner) : value;
        },
      });
    });

    describeInterleavings(() => store);
  });
});

describe('an SQLite event log that is locked by another process', () => {
  it('says that it is unavailable, stores nothing, and works again afterwards', async () => {
    const store = await openStore({ busyTimeoutMs: 20 });
    const events = newEvents(2);
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.append('a', 'no-stream', events)).rejects.toMatchObject({ name: 'StoreUnavailable', message: expect.stringContaining('locked') });
    expect(await store.readStream('a')).toEqual([]);
    other.exec('ROLLBACK');
    other.close();
    expect(await store.append('a', 'no-stream', events)).toMatchObject({ revision: 1, position: 2 });
  });

  it('keeps nobody else waiting meanwhile: the lock is waited for on another thread', async () => {
    const store = await openStore({ busyTimeoutMs: 10_000 });
    await store.append('a', 'no-stream', newEvents(1));
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    const append = store.append('b', 'no-stream', newEvents(1));
    for (let n = 0; n < 100; n++) {
      await new Promise(setImmediate);
      expect(await store.readStream('a')).toHaveLength(1);
    }
    // Only a main thread that was not blocked comes to let go of the lock in time.
    other.exec('ROLLBACK');
    other.close();
    expect(await append).toMatchObject({ revision: 0, position: 2 });
  });
});

describe('loading in bulk', () => {
  const appends = (count: number): BulkAppend[] => Array.from({ length: count }, (_, n) => ({ stream: `user-${n % 500}`, events: newEvents(1 + (n % 3)), recordedAt: n * 10 }));

  it('stores each append like a single one, in their order, with the moments given', async () => {
    const [store, load] = [await openStore(), appends(12_000)];
    const position = await store.bulkAppend(load);
    const stored = await everythingAfter(store, 0);
    expect(stored.map(({ stream, id, recordedAt }) => [stream, id, recordedAt]))
      .toEqual(load.flatMap(({ stream, events, recordedAt = 0 }) => events.map(({ id }) => [stream, id, new Date(recordedAt).toISOString()])));
    expect(stored.map((event) => event.position)).toEqual(stored.map((_, index) => index + 1));
    expect(position).toBe(stored.length);
    const stream = await store.readStream('user-7');
    expect(stream.map(({ revision }) => revision)).toEqual(stream.map((_, revision) => revision));
  });

  it('passes over what is there already, so it can be run again after a failure', async () => {
    const [store, load] = [await openStore(), appends(100)];
    const half = async function* () {
      yield* load.slice(0, 50);
      await Promise.reject(new Error('the source broke off'));
    };
    await expect(store.bulkAppend(half())).rejects.toThrow('the source broke off');
    await store.bulkAppend(load.slice(0, 50));
    await store.bulkAppend(load);
    expect((await everythingAfter(store, 0)).map(({ id }) => id)).toEqual(load.flatMap(({ events }) => events.map(({ id }) => id)));
  });

  it('refuses what a single append would refuse', async () => {
    const store = await openStore();
    await store.append('a', 'no-stream', newEvents(1));
    expect(await refusalOf(store.bulkAppend([{ stream: 'a', expected: 'no-stream', events: newEvents(1) }]))).toMatchObject({ stream: 'a', actual: 0 });
    await expect(store.bulkAppend([{ stream: 'a', events: [] }])).rejects.toBeInstanceOf(RangeError);
    expect(await store.head()).toBe(1);
  });

  it('lets single appends through between its groups, and subscribers see everything', async () => {
    const store = await openStore();
    const collector = await Collector.on(store, 0);
    const bulk = store.bulkAppend(appends(15_000));
    const single = await store.append('single', 'no-stream', newEvents(1));
    const last = await bulk;
    expect(single.position).toBeLessThan(last);
    await collector.until({ position: last });
    expect(collector.events.map(({ position }) => position)).toEqual(Array.from({ length: last }, (_, n) => n + 1));
  });

  it('does not let the write-ahead log grow without end', async () => {
    const store = await openStore();
    const data = JSON.stringify('x'.repeat(4000));
    for (let n = 0; n < 10; n++) await store.bulkAppend(Array.from({ length: 1000 }, () => ({ stream: newStream(), events: [newEvent({ data })] })));
    const pages = async (path: string) => (await stat(path)).size / 4096;
    expect(await pages(file)).toBeGreaterThan(4000);
    expect(await pages(`${file}-wal`)).toBeLessThan(5000);
  });
});

describe('opening a file that cannot be an event log', () => {
  const refusal = () => openStore().then(() => 'opened', (reason: unknown) => reason);

  it('refuses a folder that is none', async () => {
    await writeFile(join(folder, 'file'), '');
    file = join(folder, 'file', 'events.db');
    const reason = await refusal();
    expect(reason).toBeInstanceOf(EventLogUnusable);
    expect((reason as Error).message).toMatch(/^The event log .*events\.db cannot be opened for writing \((EEXIST|ENOTDIR)\)\. Make its folder writable to this process, or name another in ROLEBOOK_DATA\.$/);
  });

  it('refuses a file that is a folder', async () => {
    await mkdir(file);
    expect(await refusal()).toMatchObject({ name: 'EventLogUnusable', message: expect.stringContaining('(EISDIR)') });
  });

  it('refuses a file that is no database, and leaves it as it is', async () => {
    const content = 'Dear diary, '.repeat(1000);
    await writeFile(file, content);
    expect(await refusal()).toMatchObject({ name: 'EventLogUnusable', message: expect.stringMatching(/is damaged .* Restore it from a backup/) });
    expect(await readFile(file, 'utf8')).toBe(content);
  });

  it('refuses a log that was cut off', async () => {
    const store = await openStore();
    await store.bulkAppend(Array.from({ length: 1000 }, () => ({ stream: newStream(), events: newEvents(1) })));
    await store.close();
    await truncate(file, Math.floor((await stat(file)).size / 2 / 4096) * 4096);
    expect(await refusal()).toMatchObject({ name: 'EventLogUnusable', message: expect.stringContaining('Restore it from a backup') });
  });

  it("refuses another program's database", async () => {
    const other = new Database(file);
    other.exec('CREATE TABLE recipes (name TEXT)');
    other.close();
    expect(await refusal()).toMatchObject({ name: 'EventLogUnusable', message: expect.stringContaining("another program's database") });
  });

  it('refuses a log in a newer format', async () => {
    await (await openStore()).close();
    const newer = new Database(file);
    newer.pragma('user_version = 2');
    newer.close();
    expect(await refusal()).toMatchObject({ name: 'EventLogUnusable', message: expect.stringMatching(/written by a newer Rolebook .* Start that newer version/) });
  });

  it('says that the log is unavailable where pages in its middle are damaged', async () => {
    const store = await openStore();
    await store.bulkAppend(Array.from({ length: 2000 }, () => ({ stream: newStream(), events: newEvents(1) })));
    await store.close();
    const handle = await open(file, 'r+');
    const { size } = await handle.stat();
    // Everything but the first two pages and the last two, which opening looks at.
    await handle.write(Buffer.alloc(size - 5 * 4096, 0xff), 0, size - 5 * 4096, 3 * 4096);
    await handle.close();
    const outcome = await openStore().then((damaged) => damaged.readAll({ after: 0, limit: 5000 })).catch((reason: unknown) => reason);
    expect([StoreUnavailable, EventLogUnusable]).toContain((outcome as Error).constructor);
  });

  it('accepts nothing after a refusal that it would not have accepted before', async () => {
    const store = await openStore();
    await expect(store.append('a', 'any', [newEvent({ id: 'no uuid' })])).rejects.toBeInstanceOf(RangeError);
    expect(await store.append('a', 'no-stream', newEvents(1))).toMatchObject({ position: 1 });
  });
});
