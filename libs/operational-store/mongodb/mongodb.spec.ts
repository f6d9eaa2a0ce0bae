import { describeWithMongo } from '@rolebook/mongodb/spec-helpers';
import { systemClock } from '@rolebook/kernel';
import { operationalStoreContract } from '../operational-store.contract';
import { OperationalStoreUnavailable } from '../port';
import { openMongoOperationalStore } from './index';

const HOUR_MS = 3_600_000;

describeWithMongo('operational state in MongoDB', ({ url, client, database }) => {
  operationalStoreContract('MongoDB', async (clock) => {
    const target = { client, database: database(), clock };
    let store = await openMongoOperationalStore(target);
    return {
      store,
      reopen: async () => {
        await store.close();
        return (store = await openMongoOperationalStore(target));
      },
      dispose: async () => {
        await store.close();
        await client.db(target.database).dropDatabase();
      },
    };
  });

  it('lets one of two processes that race for an entry win: a new one, one that stands, one that has expired', async () => {
    let now = 1000;
    const target = { url, database: database(), clock: { now: () => now } };
    const stores = [await openMongoOperationalStore(target), await openMongoOperationalStore(target)] as const;
    const race = async (version: number | null, expiresAt: number | null) => {
      const won = await Promise.all(stores.map((store, at) => store.compareAndSet('b', 'k', version, at, expiresAt)));
      expect(won.filter(Boolean)).toHaveLength(1);
      const entry = await stores[0].get('b', 'k');
      expect(entry?.value).toBe(won.indexOf(true));
      return entry?.version ?? null;
    };
    const version = await race(null, null);
    await race(version, 1500);
    now = 1500;
    await race(null, null);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('is opened by many nodes at once', async () => {
    const target = { client, database: database(), clock: systemClock };
    const stores = await Promise.all(Array.from({ length: 8 }, () => openMongoOperationalStore(target)));
    await Promise.all(stores.map((store, at) => store.putMany('b', [{ key: `k${at}`, value: at, expiresAt: null }])));
    expect(await stores[0]?.scan('b', { limit: 20 })).toHaveLength(8);
  });

  it('puts the same keys from many nodes at once, in whatever order they name them', async () => {
    const store = await openMongoOperationalStore({ client, database: database(), clock: systemClock });
    const keys = Array.from({ length: 20 }, (_, at) => `k${at}`);
    await Promise.all(Array.from({ length: 16 }, (_, caller) => {
      const entries = keys.map((key) => ({ key, value: caller, expiresAt: null }));
      return store.putMany('b', caller % 2 === 0 ? entries : entries.reverse());
    }));
    expect((await store.scan('b', { limit: 100 })).map(({ key }) => key)).toEqual(keys.toSorted());
  });

  it('leaves what has expired to MongoDB an hour later by its own clock, whatever the clock that was given says', async () => {
    const target = { client, database: database(), clock: { now: () => 0 } };
    const store = await openMongoOperationalStore(target);
    const before = Date.now();
    await store.compareAndSet('b', 'k', null, 1, 5000);
    const entries = client.db(target.database).collection('operational');
    const sweptAt = (): Promise<Date | undefined> => entries.findOne().then((entry) => (entry as { sweptAt?: Date } | null)?.sweptAt);
    expect((await sweptAt())?.getTime()).toBeGreaterThanOrEqual(before + 5000 + HOUR_MS);
    expect((await entries.indexes()).filter(({ expireAfterSeconds }) => expireAfterSeconds === 0).map(({ key }) => Object.keys(key as object))).toEqual([['sweptAt']]);

    await store.putMany('b', [{ key: 'k', value: 2, expiresAt: null }]);
    expect(await sweptAt()).toBeUndefined();
  });

  it('says that it is unavailable once closed', async () => {
    const store = await openMongoOperationalStore({ client, database: database(), clock: systemClock });
    await store.close();
    await expect(store.get('b', 'k')).rejects.toThrow(OperationalStoreUnavailable);
    await expect(store.ping()).rejects.toThrow(OperationalStoreUnavailable);
  });
});

describe('operational state in a MongoDB that does not answer', () => {
  it('is unavailable', async () => {
    await expect(openMongoOperationalStore({ url: 'mongodb://127.0.0.1:9', database: 'nowhere', clock: systemClock })).rejects.toThrow(OperationalStoreUnavailable);
  });
});
